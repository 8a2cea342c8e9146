// SPDX-License-Identifier: MIT
#include "cli/status_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <string>

#include "cli/instances.h"
#include "metrics/json.h"

using cli::Instance;
using namespace std::chrono_literals;

namespace {

Instance watched_instance(uint64_t points, std::chrono::steady_clock::time_point at) {
    Instance instance;
    instance.process = 4711;
    instance.mode = "stdio";
    instance.at = at;
    metrics::Session session;
    session.id = 1;
    session.algorithm = "moving_avg";
    session.task = "a_task_with_a_name_that_is_long";
    session.node = "moving_avg2";
    session.state = "running";
    session.in.points = session.out.points = points;
    session.handler.counts[6] = points;
    instance.connections = {session};
    return instance;
}

size_t longest_line(const std::string& text) {
    std::istringstream lines(text);
    size_t longest = 0;
    for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
    return longest;
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the table has what moved between two looks, in a second") {
    const auto now = std::chrono::steady_clock::now();
    const std::string table =
        cli::status_table({watched_instance(1000, now)}, {watched_instance(7000, now + 500ms)}, 0);
    CHECK(has(table, "12.0k"));
    CHECK(has(table, "48 us"));
    CHECK(has(table, "a_task_with_a_name_that_is_long"));
}

TEST_CASE("a connection that is new has no pace yet") {
    const std::string table = cli::status_table({}, {watched_instance(1000, std::chrono::steady_clock::now())}, 0);
    CHECK(has(table, " - "));
}

TEST_CASE("a table fits the terminal, however narrow that is") {
    auto instance = watched_instance(1, std::chrono::steady_clock::now());
    instance.connections[0].last_error = std::string(500, 'x');
    instance.connections[0].guard = {{"utf8", 3}, {"non-finite", 12}};
    for (const size_t width : {200, 120, 100, 80, 60, 20}) {
        const std::string table = cli::status_table({}, {instance}, width);
        CHECK(longest_line(table) <= width);
        CHECK(has(table, "4711"));
    }
    CHECK(has(cli::status_table({}, {instance}, 100), "moving_avg"));
}

TEST_CASE("what is wrong with a connection is below it, and nothing else is") {
    auto instance = watched_instance(1, std::chrono::steady_clock::now());
    const auto now = std::chrono::system_clock::now();
    CHECK(!has(cli::status_table({}, {instance}, 0, now), "last error"));
    metrics::Session& session = instance.connections[0];
    session.last_error = "it hangs";
    session.last_error_at = now - 185s;
    session.guard = {{"utf8", 3}, {"group", 0}, {"non-finite", 12}};
    session.restarts[1] = 2;
    const std::string table = cli::status_table({}, {instance}, 0, now);
    CHECK(has(table, "last error, 3m ago: it hangs\n"));
    CHECK(has(table, "mended: utf8 3, non-finite 12\n"));
    CHECK(has(table, "restarts: signal 2\n"));
}

TEST_CASE("instances that do not answer, or serve nobody, are listed as such") {
    Instance mute, idle;
    mute.process = 12;
    mute.problem = "no answer within 1 s";
    idle.process = 13;
    idle.mode = "serve";
    const std::string table = cli::status_table({}, {mute, idle}, 80);
    CHECK(table == "12: no answer within 1 s\n13: no connections (serve)\n");
}

TEST_CASE("what another process says cannot steer the terminal") {
    auto instance = watched_instance(1, std::chrono::steady_clock::now());
    instance.connections[0].task = "\x1b[2J\n\xff";
    instance.connections[0].last_error = "\x1b]0;title\x07";
    const std::string table = cli::status_table({}, {instance}, 0);
    CHECK(std::none_of(table.begin(), table.end(), [](char c) { return c > 0 && c < 0x20 && c != '\n'; }));
    CHECK(std::count(table.begin(), table.end(), '\n') == 3);
}

TEST_CASE("numbers are said as people say them") {
    CHECK(cli::human_count(0) == "0");
    CHECK(cli::human_count(0.4) == "0.4");
    CHECK(cli::human_count(950) == "950");
    CHECK(cli::human_count(999.6) == "1.0k");
    CHECK(cli::human_count(12'345) == "12.3k");
    CHECK(cli::human_count(999'999) == "1.0M");
    CHECK(cli::human_time(45e-6) == "45 us");
    CHECK(cli::human_time(1.23e-3) == "1.2 ms");
    CHECK(cli::human_time(12) == "12 s");
    CHECK(cli::human_bytes(950) == "950 B");
    CHECK(cli::human_bytes(1234) == "1.2 KiB");
    CHECK(cli::human_bytes(uint64_t{3} << 30) == "3.0 GiB");
    CHECK(cli::human_age(59s) == "59s");
    CHECK(cli::human_age(3599s) == "59m");
    CHECK(cli::human_age(-5s) == "0s");
    CHECK(cli::human_age(50h) == "2d");
}

TEST_CASE("an answer that is not one of an udf-host is refused, however it is made") {
    const std::string good = R"({"pid":1,"version":"1","mode":"stdio","connections":[]})";
    CHECK(cli::instance_of(good).process == 1);
    for (const std::string bad : {"", "[]", "{}", "status", R"({"pid":"x","version":"1","mode":"","connections":[]})",
                                  R"({"pid":1,"version":"1","mode":"","connections":[1]})"})
        CHECK_THROWS_AS(cli::instance_of(bad), std::exception);
    CHECK_THROWS_AS(cli::instance_of(std::string(1'000'000, '[')), std::exception);
}
