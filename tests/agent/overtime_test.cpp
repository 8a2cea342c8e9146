// SPDX-License-Identifier: MIT
#include "agent/overtime.h"

#include <doctest/doctest.h>

#include "agent/on_trial.h"

using namespace on_trial;
using namespace std::chrono_literals;

namespace {

constexpr int64_t kMillisecond = 1'000'000;  // ns

// Requests from which an interval of 40 ms is learnt.
std::string keepalives() { return keepalive(1000 * kMillisecond) + keepalive(1040 * kMillisecond); }

void skip(Served& served, int responses) {
    for (int i = 0; i < responses; ++i) served.next();
}

// A handler that is in `points` until the gate is opened.
void hold_points(const Gate& gate) {
    hooks = {};
    hooks.points = [&](udf::Host host, std::span<const udf::Point> points) {
        gate.pass();
        host.emit(points);
    };
}

}  // namespace

TEST_CASE("heartbeats go out while a call runs and the points come after them") {
    Gate gate;
    hold_points(gate);
    const auto served = Served::start();
    served->send(init() + keepalives() + point(1));
    skip(*served, 3);
    for (int i = 0; i < 3; ++i) CHECK(served->next().keepalive().time() == 1040 * kMillisecond);
    gate.open();
    served->end_input();
    const auto rest = served->rest();
    REQUIRE_FALSE(rest.empty());
    CHECK(rest.back().point().time() == 1);
    CHECK(served->ended_cleanly());
}

TEST_CASE("heartbeats go out while a handler is being made, before the answer to Init") {
    Gate gate;
    hooks = {};
    hooks.create = [&](udf::Host, const udf::Args&) { gate.pass(); };
    const auto served = Served::start();
    served->send(init());
    CHECK(served->next().has_keepalive());
    gate.open();
    Response response = served->next();
    while (response.has_keepalive()) response = served->next();
    CHECK(response.init().success());
}

TEST_CASE("many short calls that emit nothing are no silence") {
    hooks = {};
    std::atomic<int> batches = 0;
    hooks.batch = [&](udf::Host, const udf::Batch&) {
        std::this_thread::sleep_for(3ms);
        ++batches;
    };
    const auto served = Served::start<BatchHandler>();
    std::string requests = init() + keepalives();
    for (int i = 0; i < 50; ++i) requests += begin() + point(i) + end(i);
    served->send(requests);
    served->end_input();
    const auto all = served->rest();
    CHECK(batches == 50);
    REQUIRE(all.size() > 3);  // InitResponse and the two answers
    for (size_t i = 1; i < all.size(); ++i) CHECK(all[i].has_keepalive());
}

TEST_CASE("a silent input gets no heartbeats") {
    hooks = {};
    const auto served = Served::start();
    served->send(init() + keepalives() + point(1));
    skip(*served, 4);
    std::this_thread::sleep_for(100ms);
    served->send(point(2));
    CHECK(served->next().point().time() == 2);
}

TEST_CASE("a call that does not return in time hangs: the reason goes out and nobody waits for it") {
    Gate gate;
    hold_points(gate);
    const auto served = Served::start({.limits = {.handler = 50ms}});
    served->send(init() + keepalives() + point(1) + point(2));
    skip(*served, 3);
    Response last = served->next();
    while (last.has_keepalive()) last = served->next();
    CHECK(
        last.error().error().starts_with("stream_test (plugin test.so), task cpu_alert, node stream_test2: the handler "
                                         "hangs (points has not returned for 0."));
    CHECK(last.error().error().find(" s, with ") != std::string::npos);
    served->end_input();
    CHECK(served->was_abandoned());
    CHECK(served->rest().empty());
    gate.open();  // what it emits now goes nowhere
    CHECK_FALSE(served->ended_cleanly());
}

TEST_CASE("a handler that waits for its output to be taken does not hang") {
    hooks = {};
    constexpr int64_t kPoints = 12'000;  // more than the connection holds
    hooks.points = [&](udf::Host host, std::span<const udf::Point> points) {
        udf_point p = points.front();
        for (int64_t i = 0; i < kPoints; ++i) {
            p.time = i;
            host.emit(p);
        }
    };
    const auto served = Served::start({.limits = {.handler = 300ms}});
    served->send(init() + point(1));
    CHECK(served->next().init().success());
    std::this_thread::sleep_for(700ms);  // nobody reads: longer than a call may take
    served->end_input();
    int64_t count = 0;
    for (const Response& response : served->rest()) count += response.has_point();
    CHECK(count == kPoints);
    CHECK(served->ended_cleanly());
}

TEST_CASE("once the input has ended a call is not waited for longer than the drain timeout") {
    for (const char* call : {"points", "stop", "destroy"}) {
        CAPTURE(call);
        Gate gate;
        hooks = {};
        if (call == std::string_view("points")) hooks.points = [&](udf::Host, auto) { gate.pass(); };
        if (call == std::string_view("stop")) hooks.stop = [&](udf::Host) { gate.pass(); };
        if (call == std::string_view("destroy")) hooks.destroy = [&](udf::Host) { gate.pass(); };
        const auto served = Served::start({.limits = {.drain = 50ms}});
        served->send(init() + point(1));
        served->end_input();
        CHECK(served->was_abandoned());
        for (const Response& response : served->rest()) CHECK_FALSE(response.has_error());
        gate.open();
    }
}

TEST_CASE("at the end there are no heartbeats, which would pass for progress") {
    Gate gate;
    hooks = {};
    hooks.stop = [&](udf::Host) { gate.pass(); };
    const auto served = Served::start({.limits = {.drain = 50ms}});
    served->send(init() + keepalives());
    served->end_input();
    CHECK(served->was_abandoned());
    CHECK(served->rest().size() == 3);  // the answers
    gate.open();
}

TEST_CASE("a handler that goes on emitting after the end of the input has ten drain timeouts") {
    hooks = {};
    hooks.stop = [&](udf::Host host) {
        udf_point p = made(1);
        for (p.time = 1;; ++p.time) {  // until an emit throws that the stream is closed
            host.emit(p);
            std::this_thread::sleep_for(1ms);
        }
    };
    const auto served = Served::start({.limits = {.drain = 30ms}});
    served->send(init());
    served->end_input();
    CHECK(served->was_abandoned());
    CHECK(served->rest().size() > 10);
}

TEST_CASE("a snapshot that takes too long is answered once, with the last good one") {
    hooks = {};
    Gate gate;
    std::atomic<int> snapshots = 0;
    hooks.snapshot = [&](udf::Sink sink) {
        if (++snapshots == 2) gate.pass();
        sink.write("state " + std::to_string(snapshots));
    };
    const auto served = Served::start({.limits = {.snapshot = 30ms}});
    served->send(init() + keepalives() + snapshot());
    skip(*served, 3);
    const std::string first = served->next().snapshot().snapshot();
    CHECK(first.ends_with("state 1"));
    served->send(snapshot());
    Response response = served->next();
    while (response.has_keepalive()) response = served->next();
    CHECK(response.snapshot().snapshot() == first);
    gate.open();
    served->send(snapshot() + keepalive(7));
    response = served->next();
    while (response.has_keepalive()) response = served->next();
    CHECK(response.snapshot().snapshot().ends_with("state 3"));
    CHECK(served->next().keepalive().time() == 7);
}

TEST_CASE("a call that makes all of Kapacitor wait hangs long before others do") {
    Gate gate;
    hold_points(gate);
    const auto served = Served::start({.limits = {.full = 100ms}});
    served->send(init() + keepalives() + point(1));
    skip(*served, 3);
    std::string much;
    while (much.size() < agent::Connection::kReadAheadLimit + (8u << 20)) much += point(2);
    std::thread writer([&] { served->send(much); });  // blocks until the call is given up
    Response response = served->next();
    while (response.has_keepalive()) response = served->next();
    CHECK(response.error().error().find("all of Kapacitor waits") != std::string::npos);
    writer.join();
    served->end_input();
    CHECK(served->was_abandoned());
    gate.open();
}

TEST_CASE("input is read on while a call lasts") {
    Gate gate;
    hold_points(gate);
    const auto served = Served::start();
    served->send(init() + point(1));
    CHECK(served->next().init().success());
    std::string much;  // more than a socket holds
    while (much.size() < (4u << 20)) much += point(2);
    served->send(much);  // comes to its end while the call still runs
    gate.open();
    served->end_input();
    CHECK(served->rest().back().point().time() == 2);
}
