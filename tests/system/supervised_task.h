// SPDX-License-Identifier: MIT
//
// A task of Kapacitor's on a real udf-host that may run a worker: the test plays Kapacitor, and lays hands on
// the worker. All that comes out is read by a thread of its own (task_output.h) and must be what Kapacitor can
// bear, which the destructor checks; any threads may feed and ask meanwhile. Nothing here waits longer than
// kDeadline: then, or where udf-host ends early, it throws with what udf-host has said.
//
// The destructor leaves no process behind.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "system/process_table.h"
#include "system/task_output.h"
#include "system/udf_process.h"
#include "wire/frame.h"

namespace pb = kapacitor::udf;

using Arguments = std::vector<std::string>;

class SupervisedTask {
    const std::string mark_;  // in the environment of all its processes

public:
    UdfProcess process;

    // `each` gets the points that come out, on the reading thread.
    explicit SupervisedTask(const Arguments& arguments, Digest::EachPoint each = {})
        : mark_(next_mark()), process(arguments), output_(std::move(process.from_stdout), std::move(each)) {
        std::signal(SIGPIPE, SIG_IGN);
        ::fcntl(process.to_stdin.get(), F_SETFL, ::fcntl(process.to_stdin.get(), F_GETFL) | O_NONBLOCK);
    }
    SupervisedTask(const SupervisedTask&) = delete;
    SupervisedTask& operator=(const SupervisedTask&) = delete;
    ~SupervisedTask() {
        output_.close();
        if (!process.has_exited()) process.signal(SIGKILL);
        eventually([this] { return process.has_exited(); });
        end_what_is_left();
        CHECK(output_.first_violation() == "");
    }

    // ---- Kapacitor's part ----

    void init(const std::vector<pb::Option>& options = {}) {
        pb::Request request;
        request.mutable_init()->mutable_options()->Assign(options.begin(), options.end());
        request.mutable_init()->set_taskid("cpu_alert");
        request.mutable_init()->set_nodeid("node3");
        const pb::Response response = ask(request);
        if (!response.init().success()) throw failure("Init failed: " + response.init().error());
    }
    void restore(const std::string& snapshot) {
        pb::Request request;
        request.mutable_restore()->set_snapshot(snapshot);
        const pb::Response response = ask(request);
        if (!response.restore().success()) throw failure("Restore failed: " + response.restore().error());
    }
    std::string snapshot() { return ask(snapshot_request()).snapshot().snapshot(); }
    // Asks, and leaves the answer to finish().
    void begin_snapshot() { put_question(snapshot_request()); }
    // Until the answer to it is there.
    void keepalive(int64_t time) {
        pb::Request request;
        request.mutable_keepalive()->set_time(time);
        output_.expect_keepalive(time);
        send(request);
        if (!output_.wait_for_keepalive(time)) throw failure("a keepalive request was not answered");
    }

    // Whole requests. Blocks while nobody reads; false where the input has been closed meanwhile.
    bool feed(std::string_view frames) {
        const std::lock_guard lock(input_mutex_);
        const auto until = std::chrono::steady_clock::now() + kDeadline;
        while (!frames.empty()) {
            if (leaving_) return false;
            const ssize_t n = ::write(process.to_stdin.get(), frames.data(), frames.size());
            if (n > 0) frames.remove_prefix(static_cast<size_t>(n));
            if (n < 0 && errno == EPIPE) return false;
            if (n >= 0) continue;
            if (std::chrono::steady_clock::now() > until) throw failure("it does not read its input");
            pollfd writable{process.to_stdin.get(), POLLOUT, 0};
            ::poll(&writable, 1, 10);  // ms: leaving_ may be set
        }
        return true;
    }

    // Until so many points, or batches where there are batches, have come out.
    void wait_for_units(size_t count) {
        if (!output_.wait_for_units(count))
            throw failure(std::to_string(output_.units()) + " of " + std::to_string(count) + " came out");
    }
    size_t units() const noexcept { return output_.units(); }

    // Ends the input and reads to the end of the output: the exit status. Every question was answered.
    int finish() {
        close_input();
        if (!output_.wait_for_end()) throw failure("the output did not end");
        const int status = process.status();
        if (error().empty()) CHECK(output_.all_is_answered());
        return status;
    }

    // What has come out; after finish().
    const std::vector<uint64_t>& output() const { return output_.digest().of_each(); }
    // The text of the ErrorResponse, if there was one.
    std::string error() { return output_.error(); }

    // ---- Kapacitor goes away, or does not read ----

    void close_input() {
        leaving_ = true;  // whoever feeds lets go
        const std::lock_guard lock(input_mutex_);
        process.to_stdin.reset();
    }
    void close_output() { output_.close(); }
    void pause_reading() { output_.pause(); }
    void resume_reading() { output_.resume(); }
    bool output_is_full() const { return output_.is_full(); }
    // The test ends udf-host in a way that leaves no time to end the output.
    void allow_torn_output() { output_.allow_torn(); }

    // ---- The worker ----

    // Waits for one to run, other than the one that was hit last.
    pid_t worker() {
        pid_t found = -1;
        const bool there = eventually([&] {
            for (const pid_t child : process_table::children(process.pid()))
                if (child != last_hit_ && process_table::is_running(child)) found = child;
            return found > 0 || process.has_exited();
        });
        if (!there || found < 0) throw failure("it has no worker");
        return found;
    }
    pid_t hit_worker(int signal) {
        last_hit_ = worker();
        ::kill(last_hit_, signal);
        return last_hit_;
    }
    // All processes of this task that run, wherever they hang.
    std::vector<pid_t> processes() const { return process_table::running_with(mark_); }

    // What was said so far, by the worker too. Ends what has outlived udf-host: it would be waited for.
    std::string said() {
        if (process.has_exited()) end_what_is_left();
        return process.errors();
    }
    // With those that were only counted, once udf-host has ended, or they are a minute old.
    size_t times_said(const std::string& text) {
        constexpr std::string_view kCount = ": … and ";
        const std::string all = said();
        size_t count = 0;
        for (size_t at = 0; (at = all.find(text, at)) != all.npos; at += text.size()) {
            const size_t line = all.rfind('\n', at) + 1, told = all.find(kCount, line);
            count += told < at ? std::stoul(all.substr(told + kCount.size())) : 1;
        }
        return count;
    }

private:
    static std::string next_mark() {
        static std::atomic<int> last{0};
        const std::string value = std::to_string(::getpid()) + "-" + std::to_string(++last);
        ::setenv("UDF_HOST_TEST_TASK", value.c_str(), 1);
        return "UDF_HOST_TEST_TASK=" + value;
    }
    static pb::Request snapshot_request() {
        pb::Request request;
        request.mutable_snapshot();
        return request;
    }

    void end_what_is_left() {
        for (const pid_t left : processes()) ::kill(left, SIGKILL);
    }
    std::runtime_error failure(const std::string& what) {
        std::string last_words = said();
        if (last_words.size() > 4000) last_words.erase(0, last_words.size() - 4000);
        const std::string why = error().empty() ? "" : "; its error is: " + error();
        return std::runtime_error(what + why + "; it has said:\n" + last_words);
    }

    void send(const pb::Request& request) {
        std::string frame;
        wire::append_frame(frame, request);
        feed(frame);
    }
    // The number of the answer that it will have. Questions are sent in the order of their numbers.
    size_t put_question(const pb::Request& request) {
        const std::lock_guard order(question_mutex_);
        const size_t number = output_.expect(static_cast<TaskOutput::Kind>(request.message_case()));
        send(request);
        return number;
    }
    pb::Response ask(const pb::Request& request) {
        const size_t number = put_question(request);
        if (!output_.wait_for_answer(number)) throw failure("a request was not answered");
        return output_.answer(number);
    }

    TaskOutput output_;
    std::mutex input_mutex_, question_mutex_;
    std::atomic<bool> leaving_{false};
    pid_t last_hit_ = -1;
};
