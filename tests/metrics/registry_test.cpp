// SPDX-License-Identifier: MIT
#include "metrics/registry.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using metrics::Registry;
using metrics::Session;

namespace {

class Fake final : public metrics::Watched {
public:
    explicit Fake(Session session = {}) : session_(std::move(session)) {}
    Session session() const override { return session_; }
    void report() noexcept override { ++reports; }
    void set_log_level(uint32_t wanted) noexcept override { level = static_cast<int>(wanted); }
    int reports = 0, level = -1;

private:
    Session session_;
};

Session of(const std::string& algorithm, const std::string& task, uint64_t points) {
    Session session;
    session.algorithm = algorithm;
    session.task = task;
    session.node = "udf2";
    session.state = "running";
    session.in.points = points;
    session.guard = {{"utf8", points}};
    session.restarts[1] = 1;
    session.checkpoint = {std::chrono::system_clock::now(), 10};
    session.journal_bytes = 5;
    return session;
}

}  // namespace

TEST_CASE("the connections are those that are there now, each with a number of its own") {
    Registry registry;
    Fake one(of("a", "t", 1)), other(of("b", "t", 2));
    const Registry::Entry first(registry, one);
    {
        const Registry::Entry second(registry, other);
        const std::vector<Session> both = registry.sessions();
        REQUIRE(both.size() == 2);
        CHECK(both[0].id != both[1].id);
        CHECK(both[1].algorithm == "b");
    }
    CHECK(registry.sessions().size() == 1);
    CHECK(registry.size() == 1);
}

TEST_CASE("the counts of connections that have ended stay in a sum for their algorithm, task and node") {
    Registry registry;
    for (const uint64_t points : {3, 4}) {
        Fake fake(of("a", "t", points));
        const Registry::Entry entry(registry, fake);
    }
    {
        Fake fake(of("a", "other", 5));
        const Registry::Entry entry(registry, fake);
    }
    CHECK(registry.sessions().empty());
    const std::vector<Session> all = registry.with_ended();
    REQUIRE(all.size() == 2);
    CHECK(all[0].task == "other");
    CHECK(all[1].in.points == 7);
    CHECK(all[1].guard == std::vector<std::pair<std::string, uint64_t>>{{"utf8", 7}});
    CHECK(all[1].restarts[1] == 2);
    CHECK(all[1].state == metrics::kEnded);
    CHECK(!all[1].checkpoint);
    CHECK(all[1].journal_bytes == 0);
}

TEST_CASE("there are no more sums than may be, and nothing is lost of what is in none of its own") {
    Registry registry;
    const auto ends = [&](const std::string& task) {
        Fake fake(of("a", task, 1));
        const Registry::Entry entry(registry, fake);
    };
    for (size_t i = 0; i < Registry::kMostSums + 50; ++i) ends("task" + std::to_string(i));
    ends("task0");
    const std::vector<Session> all = registry.with_ended();
    CHECK(all.size() == Registry::kMostSums + 1);
    uint64_t points = 0;
    for (const Session& session : all) points += session.in.points;
    CHECK(points == Registry::kMostSums + 51);
}

TEST_CASE("a sum has the last error of all") {
    Session first = of("a", "t", 1), second = first;
    first.last_error = "the later one";
    first.last_error_at = std::chrono::system_clock::now();
    second.last_error = "the earlier one";
    second.last_error_at = first.last_error_at - std::chrono::seconds(1);
    metrics::add(first, second);
    CHECK(first.last_error == "the later one");
    metrics::add(second, first);
    CHECK(second.last_error == "the later one");
}

TEST_CASE("who comes later is told the level of the log as well, and one algorithm can be meant") {
    Registry registry;
    Fake early(of("a", "t", 1)), late(of("b", "t", 1));
    const Registry::Entry first(registry, early);
    registry.set_log_level(2);
    const Registry::Entry second(registry, late);
    CHECK(early.level == 2);
    CHECK(late.level == 2);
    registry.set_log_level(0, "b");
    CHECK(early.level == 2);
    CHECK(late.level == 0);
    registry.report();
    CHECK(early.reports == 1);
}

TEST_CASE("connections may come and go while others look") {
    Registry registry;
    std::atomic<bool> stop = false;
    std::thread looks([&] {
        while (!stop) registry.with_ended();
    });
    for (int i = 0; i < 2000; ++i) {
        Fake fake(of("a", "t", 1));
        const Registry::Entry entry(registry, fake);
    }
    stop = true;
    looks.join();
    CHECK(registry.with_ended().at(0).in.points == 2000);
}
