// SPDX-License-Identifier: MIT
//
// An agent over handlers whose callbacks each test puts in, fed requests from memory or over a socket.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <udf_plugin.hpp>
#include <utility>
#include <vector>

#include "agent/agent.h"
#include "log/log.h"
#include "support/memory_channel.h"
#include "support/proto_points.h"
#include "wire/frame.h"

namespace on_trial {

using support::MemoryChannel;
using wire::pb::Request;
using wire::pb::Response;

// ---- Handlers. What they do is put into a function by each test. ----

struct Hooks {
    std::function<void(udf::Host, const udf::Args&)> create;
    std::function<void(udf::Host, std::span<const udf::Point>)> points;
    std::function<void(udf::Host, const udf::Batch&)> batch, begin, end;
    std::function<void(udf::Host)> stop, destroy;
    std::function<void(udf::Sink)> snapshot;
    std::function<void(uint32_t, std::string_view)> restore;
};
inline Hooks hooks;  // of the running test case; each sets it anew

struct StreamHandler {
    static constexpr udf::Info info{.name = "stream_test", .wants = UDF_STREAM, .provides = UDF_STREAM};
    StreamHandler(udf::Host h, const udf::Args& args) : host(h) {
        if (hooks.create) hooks.create(host, args);
    }
    ~StreamHandler() {
        if (hooks.destroy) hooks.destroy(host);
    }
    void points(std::span<const udf::Point> points) {
        if (hooks.points)
            hooks.points(host, points);
        else
            host.emit(points);
    }
    void snapshot(udf::Sink sink) const {
        if (hooks.snapshot) hooks.snapshot(sink);
    }
    void restore(uint32_t version, std::string_view state) {
        if (hooks.restore) hooks.restore(version, state);
    }
    void stop() {
        if (hooks.stop) hooks.stop(host);
    }
    udf::Host host;
};

struct BatchHandler {
    static constexpr udf::Info info{.name = "batch_test", .wants = UDF_BATCH, .provides = UDF_BATCH};
    BatchHandler(udf::Host h, const udf::Args&) : host(h) {}
    void batch(const udf::Batch& b) {
        if (hooks.batch)
            hooks.batch(host, b);
        else
            host.emit(b);
    }
    udf::Host host;
};

struct PiecewiseHandler {
    static constexpr udf::Info info{.name = "piecewise_test", .wants = UDF_BATCH, .provides = UDF_STREAM};
    PiecewiseHandler(udf::Host h, const udf::Args&) : host(h) {}
    void begin_batch(const udf::Batch& b) { hooks.begin(host, b); }
    void points(std::span<const udf::Point> points) { hooks.points(host, points); }
    void end_batch(const udf::Batch& b) { hooks.end(host, b); }
    udf::Host host;
};

// A point that a handler makes from nothing.
inline udf_point made(int64_t time) {
    static const udf_field field = udf::field("made", 1.0);
    udf_point p{};
    p.time = time;
    p.name = udf::str("made");
    p.fields = &field;
    p.field_count = 1;
    return p;
}

// ---- Requests ----

inline std::string frame(const Request& request) {
    std::string bytes;
    wire::append_frame(bytes, request);
    return bytes;
}
inline std::string init() {
    Request r;
    r.mutable_init()->set_taskid("cpu_alert");
    r.mutable_init()->set_nodeid("stream_test2");
    return frame(r);
}
inline std::string info() {
    Request r;
    r.mutable_info();
    return frame(r);
}
inline std::string keepalive(int64_t time) {
    Request r;
    r.mutable_keepalive()->set_time(time);
    return frame(r);
}
inline std::string snapshot() {
    Request r;
    r.mutable_snapshot();
    return frame(r);
}
inline std::string restore(const std::string& state) {
    Request r;
    r.mutable_restore()->set_snapshot(state);
    return frame(r);
}
inline std::string point(int64_t time, double value = 1) {
    Request r;
    r.mutable_point()->set_time(time);
    r.mutable_point()->set_name("cpu");
    (*r.mutable_point()->mutable_fieldsdouble())["value"] = value;
    return frame(r);
}
inline std::string begin() {
    Request r;
    r.mutable_begin()->set_name("cpu");
    r.mutable_begin()->set_size(2);
    (*r.mutable_begin()->mutable_tags())["host"] = "a";
    return frame(r);
}
inline std::string end(int64_t tmax) {
    Request r;
    r.mutable_end()->set_name("cpu");
    r.mutable_end()->set_tmax(tmax);
    return frame(r);
}

// ---- Running an agent ----

struct Result {
    bool clean;
    std::vector<Response> responses;
    const Response& operator[](size_t i) const { return responses.at(i); }
    size_t size() const { return responses.size(); }
};

inline Result parse(bool clean, std::string_view bytes) {
    Result result{clean, {}};
    while (!bytes.empty()) {
        const wire::Split split = wire::split_frame(bytes);
        REQUIRE(split.status == wire::Split::whole);
        REQUIRE(result.responses.emplace_back().ParseFromArray(split.body.data(), static_cast<int>(split.body.size())));
        REQUIRE(result.responses.back().message_case() != Response::MESSAGE_NOT_SET);
        bytes.remove_prefix(split.frame.size());
    }
    return result;
}

template <class Handler = StreamHandler>
inline Result run(const std::string& requests, size_t piece = SIZE_MAX) {
    logging::set_level(logging::Level::off);
    MemoryChannel channel(requests, piece);
    agent::Agent agent(*udf::detail::algorithm<Handler>(), "test.so", channel);
    const bool clean = agent.serve();
    return parse(clean, channel.written());
}

inline std::string error_of(const Result& result) {
    REQUIRE(result.size() > 0);
    return result.responses.back().error().error();
}

// ---- Over a socket ----

struct Pair {
    wire::unique_fd ours, theirs;
    Pair() {
        int fds[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
        ours.reset(fds[0]);
        theirs.reset(fds[1]);
    }
};

inline std::string read_to_end(int fd) {
    std::string bytes;
    char piece[65536];
    for (ssize_t n; (n = ::read(fd, piece, sizeof piece)) > 0;) bytes.append(piece, static_cast<size_t>(n));
    return bytes;
}

inline void write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        REQUIRE(n > 0);
        bytes.remove_prefix(static_cast<size_t>(n));
    }
}

// An agent on a thread of its own; the test has the other end.
class Served {
public:
    template <class Handler = StreamHandler>
    static std::unique_ptr<Served> start(agent::Settings settings = {}) {
        return with([settings](wire::Channel& channel, std::function<void()> abandon) {
            return std::make_unique<agent::Agent>(*udf::detail::algorithm<Handler>(), "test.so", channel, settings,
                                                  std::move(abandon));
        });
    }
    static std::unique_ptr<Served> start(agent::Chooser chooser, agent::Settings settings = {}) {
        return with([chooser, settings](wire::Channel& channel, std::function<void()> abandon) {
            return std::make_unique<agent::Agent>(chooser, channel, settings, std::move(abandon));
        });
    }
    ~Served() {
        pair_.ours.reset();
        thread_.join();
    }

    void send(std::string_view bytes) { write_all(pair_.ours.get(), bytes); }
    // False where it has hung up.
    bool try_to_send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t n = ::send(pair_.ours.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return false;
            bytes.remove_prefix(static_cast<size_t>(n));
        }
        return true;
    }
    void end_input() { ::shutdown(pair_.ours.get(), SHUT_WR); }

    // The next response; blocks until there is one.
    Response next() {
        while (wire::split_frame(bytes_).status != wire::Split::whole) {
            char piece[65536];
            const ssize_t n = ::read(pair_.ours.get(), piece, sizeof piece);
            REQUIRE(n > 0);
            bytes_.append(piece, static_cast<size_t>(n));
        }
        const wire::Split split = wire::split_frame(bytes_);
        Response response;
        REQUIRE(response.ParseFromArray(split.body.data(), static_cast<int>(split.body.size())));
        bytes_.erase(0, split.frame.size());
        return response;
    }
    // All that is still to come.
    std::vector<Response> rest() {
        return parse(true, std::exchange(bytes_, {}) + read_to_end(pair_.ours.get())).responses;
    }

    // Whether it has given up a call; false where it has ended without.
    bool was_abandoned() {
        abandoned_or_ended_.wait(0);
        return abandoned_or_ended_ == 1;
    }
    // Waits for its end.
    bool ended_cleanly() {
        ended_.wait(0);
        return ended_ == 1;
    }

private:
    using MakeAgent = std::function<std::unique_ptr<agent::Agent>(wire::Channel&, std::function<void()> abandon)>;

    static std::unique_ptr<Served> with(MakeAgent make_agent) {
        logging::set_level(logging::Level::off);
        return std::unique_ptr<Served>(new Served(std::move(make_agent)));
    }
    explicit Served(MakeAgent make_agent)
        : thread_([this, make_agent = std::move(make_agent)] {
              wire::FdChannel channel(std::move(pair_.theirs));
              const bool clean = make_agent(channel, [this] { tell(1); })->serve();
              channel.hang_up();
              tell(2);
              ended_ = clean ? 1 : 2;
              ended_.notify_all();
          }) {}

    void tell(int what) {
        int none = 0;
        abandoned_or_ended_.compare_exchange_strong(none, what);
        abandoned_or_ended_.notify_all();
    }

    Pair pair_;
    std::string bytes_;
    std::atomic<int> abandoned_or_ended_ = 0, ended_ = 0;
    std::thread thread_;
};

// Holds a call up until the test opens it.
class Gate {
public:
    void open() {
        open_ = true;
        open_.notify_all();
    }
    void pass() const { open_.wait(false); }

private:
    std::atomic<bool> open_ = false;
};

}  // namespace on_trial
