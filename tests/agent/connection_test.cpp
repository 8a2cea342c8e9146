// SPDX-License-Identifier: MIT
#include "agent/connection.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "agent/on_trial.h"

using namespace on_trial;
using namespace std::chrono_literals;

TEST_CASE("input is read on while the output is blocked") {
    hooks = {};
    logging::set_level(logging::Level::off);
    Pair pair;
    bool clean = false;
    std::thread server([&] {
        wire::FdChannel channel(std::move(pair.theirs));
        agent::Agent agent(*udf::detail::algorithm<StreamHandler>(), "test.so", channel);
        clean = agent.serve();
        channel.close_output();
    });
    // All is written before anything is read: without reading on, both sides would wait for ever.
    std::string requests = init();
    constexpr size_t kPoints = 200'000;
    for (size_t i = 0; i < kPoints; ++i) requests += point(static_cast<int64_t>(i));
    write_all(pair.ours.get(), requests);
    ::shutdown(pair.ours.get(), SHUT_WR);
    const Result r = parse(true, read_to_end(pair.ours.get()));
    server.join();
    CHECK(clean);
    REQUIRE(r.size() == 1 + kPoints);
    CHECK(r.responses.back().point().time() == kPoints - 1);
}

TEST_CASE("what a thread of the plugin emits while the input is silent goes out at once") {
    hooks = {};
    logging::set_level(logging::Level::off);
    std::thread ticker;
    std::atomic<bool> initialised = false;
    hooks.create = [&](udf::Host host, const udf::Args&) {
        ticker = std::thread([&, host] {
            while (!initialised) std::this_thread::yield();
            udf_point p = made(1);
            p.time = 42;
            host.emit(p);
        });
    };
    hooks.stop = [&](udf::Host) { ticker.join(); };
    Pair pair;
    std::thread server([&] {
        wire::FdChannel channel(std::move(pair.theirs));
        agent::Agent(*udf::detail::algorithm<StreamHandler>(), "test.so", channel).serve();
    });
    write_all(pair.ours.get(), init());
    char bytes[256];
    REQUIRE(::read(pair.ours.get(), bytes, sizeof bytes) > 0);  // the InitResponse
    initialised = true;
    const ssize_t n = ::read(pair.ours.get(), bytes, sizeof bytes);  // blocks for ever if it is not flushed
    REQUIRE(n > 0);
    CHECK(parse(true, {bytes, static_cast<size_t>(n)})[0].point().time() == 42);
    ::shutdown(pair.ours.get(), SHUT_WR);
    server.join();
}

TEST_CASE("eight threads of a plugin emit at once and every point comes through") {
    hooks = {};
    logging::set_level(logging::Level::off);
    constexpr int kThreads = 8, kEach = 5000;
    std::vector<std::thread> threads;
    hooks.create = [&](udf::Host host, const udf::Args&) {
        for (int t = 0; t < kThreads; ++t)
            threads.emplace_back([host, t] {
                for (int i = 0; i < kEach; ++i) {
                    udf_point p = made(1);
                    p.time = t * kEach + i + 1;
                    host.emit(p);
                }
            });
    };
    hooks.stop = [&](udf::Host) {
        for (auto& t : threads) t.join();
    };
    Pair pair;
    std::thread server([&] {
        wire::FdChannel channel(std::move(pair.theirs));
        agent::Agent(*udf::detail::algorithm<StreamHandler>(), "test.so", channel).serve();
    });
    std::string requests = init();
    for (int i = 0; i < 1000; ++i) requests += point(-1 - i);
    write_all(pair.ours.get(), requests);
    ::shutdown(pair.ours.get(), SHUT_WR);
    const Result r = parse(true, read_to_end(pair.ours.get()));
    server.join();
    std::vector<int64_t> last(kThreads, -1);
    size_t count = 0;
    for (const Response& response : r.responses) {
        if (!response.has_point() || response.point().time() <= 0) continue;
        ++count;
        const int64_t time = response.point().time() - 1;
        int64_t& before = last[static_cast<size_t>(time / kEach)];
        CHECK(time > before);  // in order within a thread
        before = time;
    }
    CHECK(count == kThreads * kEach);
}

// As where the task is disabled while what comes after it hangs: a Kapacitor in that state dies of our exit.
TEST_CASE("at the end of the input whoever was slow to read before has twice as long") {
    hooks = {};
    for (const auto blocked : {0ms, 400ms}) {
        const auto served = Served::start({.limits = {.drain = 100ms}});
        std::string requests = init();
        while (requests.size() < (2u << 20)) requests += point(1);
        served->send(requests);
        std::this_thread::sleep_for(blocked);
        served->end_input();
        const auto began = std::chrono::steady_clock::now();
        CHECK_FALSE(served->ended_cleanly());
        const auto took = std::chrono::steady_clock::now() - began;
        if (blocked > 0ms) CHECK(took >= 600ms);
    }
}

TEST_CASE("at the end of the input whoever has read nothing for a keepalive timeout has longest") {
    hooks = {};
    const auto served = Served::start({.limits = {.drain = 10ms, .stall = 700ms}});
    served->send(init() + keepalive(1'000'000'000) + keepalive(1'040'000'000));
    std::string much;
    while (much.size() < (2u << 20)) much += point(1);
    served->send(much);
    std::this_thread::sleep_for(200ms);  // longer than the 80 ms of the timeout
    served->end_input();
    const auto began = std::chrono::steady_clock::now();
    CHECK_FALSE(served->ended_cleanly());
    CHECK(std::chrono::steady_clock::now() - began >= 500ms);
}

// Kapacitor that aborts a task stops reading, and if it is in a write to us then, it never ends our input.
TEST_CASE("whoever reads nothing for longer than his keepalive timeout, and writes on, is left") {
    hooks = {};
    const auto served = Served::start({.limits = {.stall = 200ms}});
    served->send(init() + keepalive(1'000'000'000) + keepalive(1'040'000'000));
    for (int i = 0; i < 3; ++i) served->next();
    std::string much;
    while (much.size() < (1u << 20)) much += point(1);
    size_t sent = 0;  // without end, where nobody leaves
    while (served->try_to_send(much)) REQUIRE((sent += much.size()) < (100u << 20));
    CHECK(sent > agent::Connection::kReadAheadLimit - much.size());
    CHECK_FALSE(served->ended_cleanly());
}
