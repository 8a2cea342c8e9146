// SPDX-License-Identifier: MIT
//
// A task on one of the hostile plugins (tests/hostile): the test takes Kapacitor's place, and whatever comes
// out is held against what Kapacitor can bear. It is the agent's work that is tried here, with no supervisor
// before it, unless the test says so.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "client/session.h"
#include "plugin/contains.h"
#include "support/kapacitor_rules.h"
#include "system/udf_process.h"
#include "wire/channel.h"

namespace pb = kapacitor::udf;
using namespace std::chrono_literals;

// Keeps a copy of what is read.
class Recorder : public wire::FdChannel {
public:
    using FdChannel::FdChannel;
    std::string bytes;

    Moved read(char* to, size_t size) override {
        const Moved moved = FdChannel::read(to, size);
        bytes.append(to, moved.bytes);
        return moved;
    }
};

using Arguments = std::vector<std::string>;

class HostileTask {
public:
    HostileTask(const char* plugin, const char* algorithm, const Arguments& more = {}, const char* isolation = kDirect)
        : process(arguments(plugin, algorithm, more, isolation)) {}
    // Whatever it was about, what came out is fit for Kapacitor.
    ~HostileTask() {
        const std::string violated = support::KapacitorRules().first_violation(channel_.bytes);
        CHECK_MESSAGE(violated.substr(0, 2) == allowed_violation, violated);
    }

    void init() { session.init({}, "cpu_alert", "node3"); }
    void send_points(int64_t count) {
        for (int64_t time = 1; time <= count; ++time) {
            pb::Request request;
            pb::Point& point = *request.mutable_point();
            point.set_time(time);
            point.set_name("cpu");
            point.set_database("telegraf");
            point.set_retentionpolicy("autogen");
            point.set_group("host=a");
            point.add_dimensions("host");
            (*point.mutable_tags())["host"] = "a";
            (*point.mutable_fieldsdouble())["value"] = static_cast<double>(time);
            session.send(request);
        }
    }
    void send_batch() {
        pb::Request request;
        request.mutable_begin()->set_name("cpu");
        request.mutable_begin()->set_group("host=a");
        (*request.mutable_begin()->mutable_tags())["host"] = "a";
        session.send(request);
        request.mutable_point()->set_time(10);
        (*request.mutable_point()->mutable_fieldsdouble())["value"] = 1;
        session.send(request);
        request.mutable_end()->set_name("cpu");
        request.mutable_end()->set_group("host=a");
        (*request.mutable_end()->mutable_tags())["host"] = "a";
        request.mutable_end()->set_tmax(20);
        session.send(request);
    }
    // Runs to the end of the output; the text of the ErrorResponse, if there was one.
    std::string finish() {
        try {
            session.finish();
            return {};
        } catch (const client::UdfError& e) {
            hang_up();
            return e.what();
        }
    }
    // Ends the input and reads on to the end of the output, as Kapacitor does after an error.
    void hang_up() {
        channel_.close_output();
        char nowhere[4096];
        for (auto status = Recorder::Status::ok; status != Recorder::Status::closed;) {
            channel_.wait({.input = true}, 1s);
            status = channel_.read(nowhere, sizeof nowhere).status;
        }
    }
    // The points that are not copies of those sent.
    std::vector<pb::Point> made() const {
        std::vector<pb::Point> points;
        for (const pb::Response& r : emitted)
            if (r.has_point() && !(r.point().fieldsdouble().count("value") != 0)) points.push_back(r.point());
        return points;
    }
    size_t mirrored() const {
        size_t count = 0;
        for (const pb::Response& r : emitted) count += r.has_point() && r.point().fieldsdouble().count("value") != 0;
        return count;
    }

    // All that it has said on stderr, once it has ended.
    std::string said() {
        process.status();
        return process.errors();
    }

    UdfProcess process;
    std::vector<pb::Response> emitted;
    std::string allowed_violation;  // its row, where the guard is told to let it pass

private:
    static Arguments arguments(const char* plugin, const char* algorithm, const Arguments& more,
                               const char* isolation) {
        Arguments all{"--plugin",    HOSTILE_PLUGINS "/" + std::string(plugin) + ".so",
                      "--algorithm", algorithm,
                      "--isolation", isolation};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    Recorder channel_{std::move(process.from_stdout), std::move(process.to_stdin)};

public:
    client::Session session{channel_, [this](pb::Response&& response) { emitted.push_back(std::move(response)); }};
};

// How long until it has gone.
inline std::chrono::milliseconds time_to_end(HostileTask& task) {
    const auto began = std::chrono::steady_clock::now();
    task.process.status();
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
}
