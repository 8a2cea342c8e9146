// SPDX-License-Identifier: MIT
#include "bench/comparison.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "bench/report.h"
#include "plugin/contains.h"

using namespace bench;
using namespace std::chrono_literals;

namespace {

constexpr Amount kLittle{.time = 1ms};

struct Cats {
    explicit Cats(std::vector<Contender> others = {}, size_t rounds = 2) {
        others.insert(others.begin(), cat());
        comparison.emplace(std::move(others), std::vector<std::string>{}, rounds, interrupt,
                           [this](const std::string& what) { turns.push_back(what); });
    }
    client::Interrupt interrupt;
    std::vector<std::string> turns;
    std::optional<Comparison> comparison;
};

Contender shell(const std::string& name, const std::string& script) {
    return {.name = name, .command = {"sh", "-c", script}, .is_function = false, .listens = false};
}

Contender based_on(const std::string& base, Contender contender) {
    contender.based_on = base;
    return contender;
}

}  // namespace

TEST_CASE("each contender has its turn in each round") {
    Cats cats({shell("dog", "exec cat")});
    cats.comparison->throughput({}, kLittle);
    CHECK(cats.turns == std::vector<std::string>{"throughput, round 1 of 2: cat", "throughput, round 1 of 2: dog",
                                                 "throughput, round 2 of 2: cat", "throughput, round 2 of 2: dog"});
}

TEST_CASE("cat hands back every point over a pipe and a socket") {
    for (const Transport transport : {Transport::pipe, Transport::socket}) {
        Cats cats({shell("dog", "exec cat")});
        const auto figures = cats.comparison->throughput({StreamSpec{}, transport}, kLittle);
        REQUIRE(figures.size() == 2);
        CHECK(figures[0].of_first == 1);
        for (const ThroughputFigures& f : figures) {
            CHECK(f.points_in > 0);
            CHECK(f.points_out == f.points_in);
            CHECK(std::isfinite(f.of_first));
            CHECK(f.points_per_second > 0);
            CHECK(f.cpu_ns_per_point > 0);
            CHECK(f.peak_memory > 100'000);
        }
    }
}

TEST_CASE("an amount of points is sent to the piece") {
    Cats cats({}, 1);
    const auto figures = cats.comparison->throughput({}, {.points = 100'000});
    CHECK(figures[0].points_in >= 100'000);
    CHECK(figures[0].points_in < 102'000);
}

TEST_CASE("round trips are counted and their percentiles in order") {
    Cats cats({shell("dog", "exec cat")});
    for (const size_t batch_size : {0, 10})
        for (const LatencyFigures& f : cats.comparison->latency({StreamSpec{Shape::small, 16, batch_size}}, 50)) {
            CHECK(f.count == 100);
            CHECK(f.p50 > 0);
            CHECK(f.p50 <= f.p99);
            CHECK(f.p99 <= f.p999);
            CHECK(f.p50_of_first > 0);
        }
}

TEST_CASE("a contender is held against the one that it is based on") {
    Cats cats({shell("dog", "exec cat"), based_on("dog", shell("dogs", "cat | cat | cat"))});
    const auto throughput = cats.comparison->throughput({}, kLittle);
    CHECK(throughput[1].of_base == 0);
    CHECK(throughput[2].of_base > 0);
    const auto latency = cats.comparison->latency({}, 50);
    CHECK(latency[1].p50_over_base == 0);
    CHECK(latency[2].p50_over_base > 0);
}

TEST_CASE("what a contender has started counts as its own") {
    Cats cats({shell("dog", "exec cat"), shell("dogs", "cat | cat | cat")}, 1);
    const auto figures = cats.comparison->throughput({}, {.points = 1'000'000});
    CHECK(figures[2].cpu_ns_per_point > 1.5 * figures[1].cpu_ns_per_point);
    CHECK(figures[2].peak_memory > 1.5 * figures[1].peak_memory);
}

TEST_CASE("who does not answer a message has no round trips") {
    Cats cats({shell("mute", "cat > /dev/null")}, 1);
    const auto figures = cats.comparison->latency({}, 10);
    CHECK(figures[0].count == 10);
    CHECK(figures[1].count == 0);
}

TEST_CASE("the start is timed as often as asked") {
    Cats cats;
    const auto figures = cats.comparison->start(3);
    REQUIRE(figures.size() == 1);
    CHECK(figures[0].median > 0);
    CHECK(figures[0].worst >= figures[0].median);
}

TEST_CASE("who fails is named with the reason") {
    const auto failure = [](Contender contender) {
        Cats cats({std::move(contender)}, 1);
        try {
            cats.comparison->throughput({}, kLittle);
        } catch (const std::runtime_error& e) {
            return std::string(e.what());
        }
        return std::string("nothing");
    };
    CHECK(failure(shell("dead", "exit 3")) == Contains("dead: "));
    CHECK(failure(shell("late", "cat; exit 3")) == "late: late exited with status 3");
    CHECK(failure(Contender{"none", {"/does/not/exist"}, false, false}) ==
          Contains("none: cannot start /does/not/exist"));
}

TEST_CASE("the report holds what was measured") {
    Report report("f", {"a=1"}, 3);
    const Setting setting{.stream = {.shape = Shape::cpu, .groups = 7, .batch_size = 10},
                          .transport = Transport::socket};
    report.add(setting, std::vector<ThroughputFigures>{{.name = "f",
                                                        .points_per_second = 5,
                                                        .of_first = 0.5,
                                                        .of_base = 0.75,
                                                        .cpu_ns_per_point = 3,
                                                        .peak_memory = 4096,
                                                        .own_memory = 2048,
                                                        .points_in = 9,
                                                        .points_out = 8}});
    report.add(setting,
               std::vector<LatencyFigures>{
                   {.name = "f", .count = 2, .p50 = 1, .p99 = 2, .p999 = 3, .p50_of_first = 4, .p50_over_base = 5}});
    report.add({StartFigures{"f", 1.5, 2.5}});
    const nlohmann::ordered_json& json = report.json();
    CHECK(json["function"] == "f");
    CHECK(json["options"] == nlohmann::json{"a=1"});
    CHECK(json["rounds"] == 3);
    const auto& row = json["throughput"][0];
    CHECK(row["shape"] == "cpu");
    CHECK(row["batch_size"] == 10);
    CHECK(row["groups"] == 7);
    CHECK(row["transport"] == "socket");
    CHECK(row["contender"] == "f");
    CHECK(row["points_per_second"] == 5);
    CHECK(row["of_cat"] == 0.5);
    CHECK(row["of_direct"] == 0.75);
    CHECK(row["cpu_ns_per_point"] == 3);
    CHECK(row["peak_memory_bytes"] == 4096);
    CHECK(row["pss_bytes"] == 2048);
    CHECK(row["points_in"] == 9);
    CHECK(row["points_out"] == 8);
    CHECK(json["latency"][0]["p999_us"] == 3);
    CHECK(json["latency"][0]["p50_of_cat"] == 4);
    CHECK(json["latency"][0]["p50_more_us"] == 5);
    CHECK(json["start"][0]["worst_ms"] == 2.5);
}
