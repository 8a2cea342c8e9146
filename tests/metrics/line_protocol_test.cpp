// SPDX-License-Identifier: MIT
//
// What is sent, read by the parser of `udf-host run`.
#include "metrics/line_protocol.h"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "client/line_protocol.h"
#include "metrics/sessions.h"

using metrics::LineProtocol;
using metrics::Session;
using Datagrams = std::vector<std::string>;

namespace {

const std::chrono::system_clock::time_point kNow{std::chrono::seconds(1'700'000'000)};

Datagrams datagrams_of(const std::vector<Session>& sessions, size_t most = metrics::kMostOfUdp) {
    return LineProtocol({"web 1", 42}, most).datagrams(metrics::totals(sessions), kNow);
}

std::vector<client::pb::Point> points_of(const Datagrams& datagrams) {
    std::vector<client::pb::Point> points;
    for (const std::string& datagram : datagrams) {
        REQUIRE(datagram.ends_with('\n'));
        std::istringstream lines(datagram);
        for (std::string line; std::getline(lines, line);) {
            const auto bad = client::parse_line(line, {}, points.emplace_back());
            REQUIRE_MESSAGE(!bad, line);
        }
    }
    return points;
}

std::string tag(const client::pb::Point& point, const std::string& key) {
    return point.tags().contains(key) ? point.tags().at(key) : "";
}

}  // namespace

TEST_CASE("a connection is a line with its tags, whole numbers as integers, and the time in ns") {
    Session session = session_of("avg", "cpu", "avg2", 5);
    session.blocked_nanoseconds = 250'000'000;
    const auto points = points_of(datagrams_of({session}));
    REQUIRE(points.size() == 1);
    const auto& point = points[0];
    CHECK(point.name() == "udf_host");
    CHECK(point.time() == 1'700'000'000'000'000'000);
    CHECK(tag(point, "algorithm") == "avg");
    CHECK(tag(point, "task") == "cpu");
    CHECK(tag(point, "node") == "avg2");
    CHECK(tag(point, "host") == "web 1");
    CHECK(tag(point, "pid") == "42");
    CHECK(point.fieldsint().at("connections") == 1);
    CHECK(point.fieldsint().at("received_points_total") == 5);
    CHECK(point.fieldsint().at("sent_bytes_total") == 0);
    CHECK(point.fieldsdouble().at("output_blocked_seconds_total") == 0.25);
    CHECK(!point.fieldsdouble().contains("checkpoint_age_seconds"));
    CHECK(!point.fieldsint().contains("handler_call_duration_seconds_count"));
}

TEST_CASE("rules and causes that have a count are lines of their own") {
    Session session = session_of("avg", "cpu", "avg2");
    session.guard = {{"utf8", 3}, {"group", 0}};
    session.restarts[static_cast<size_t>(metrics::Cause::signal)] = 2;
    const auto points = points_of(datagrams_of({session}));
    REQUIRE(points.size() == 3);
    CHECK(points[1].name() == "udf_host_guard");
    CHECK(tag(points[1], "rule") == "utf8");
    CHECK(tag(points[1], "task") == "cpu");
    CHECK(points[1].fieldsint().at("mended_total") == 3);
    CHECK(points[2].name() == "udf_host_restarts");
    CHECK(tag(points[2], "cause") == "signal");
    CHECK(points[2].fieldsint().at("worker_restarts_total") == 2);
}

TEST_CASE("percentiles are of the calls since the last time") {
    Session session = session_of("avg", "cpu", "avg2");
    session.handler.counts[10] = 100;
    session.handler.nanoseconds = 100'000'000;
    LineProtocol lines({"h", 1}, metrics::kMostOfUdp);
    const auto first = points_of(lines.datagrams(metrics::totals({session}), kNow)).at(0);
    CHECK(first.fieldsint().at("handler_call_duration_seconds_count") == 100);
    CHECK(first.fieldsdouble().at("handler_call_duration_seconds_sum") == 0.1);
    CHECK(first.fieldsdouble().at("handler_call_duration_seconds_p99") > 512e-6);
    session.handler.counts[0] = 5;
    const auto second = points_of(lines.datagrams(metrics::totals({session}), kNow)).at(0);
    CHECK(second.fieldsdouble().at("handler_call_duration_seconds_p99") <= 1e-6);
    const auto third = points_of(lines.datagrams(metrics::totals({session}), kNow)).at(0);
    CHECK(third.fieldsint().at("handler_call_duration_seconds_count") == 105);
    CHECK(!third.fieldsdouble().contains("handler_call_duration_seconds_p99"));
}

TEST_CASE("names of tasks come back as they were, whatever they are made of") {
    for (const char* name : {"a b", "a,b", "a=b", "a\\ b", "\"quoted\"", "#hash", "\xc3\xa4", "a\\\\b"}) {
        const auto point = points_of(datagrams_of({session_of("avg", name, "n")})).at(0);
        CHECK(tag(point, "task") == name);
    }
}

TEST_CASE("what line protocol has no way to say becomes a space, ends before, or is left out") {
    CHECK(tag(points_of(datagrams_of({session_of("avg", "a\nb\tc", "n")})).at(0), "task") == "a b c");
    CHECK(tag(points_of(datagrams_of({session_of("avg", "a\\", "n")})).at(0), "task") == "a");
    CHECK(!points_of(datagrams_of({session_of("avg", "\\", "n")})).at(0).tags().contains("task"));
    CHECK(!points_of(datagrams_of({session_of("avg", "", "n")})).at(0).tags().contains("task"));
}

TEST_CASE("no datagram is over its limit, and all of the lines are in them") {
    std::vector<Session> sessions;
    for (int i = 0; i < 300; ++i) {
        sessions.push_back(session_of("avg", std::string(static_cast<size_t>(i), '=') + std::to_string(i), "node", 7));
        sessions.back().guard = {{"utf8", 1}, {"group", 1}};
        sessions.back().handler.counts[3] = 1;
        sessions.back().checkpoint = {.taken = kNow, .bytes = 1};
    }
    for (const size_t most : {metrics::kMostOfUdp, metrics::kMostOfUnix}) {
        const Datagrams datagrams = datagrams_of(sessions, most);
        for (const std::string& datagram : datagrams) CHECK(datagram.size() <= most);
        if (most == metrics::kMostOfUnix) CHECK(datagrams.size() < 10);
        std::map<std::string, int64_t> by_task;
        size_t guards = 0;
        for (const auto& point : points_of(datagrams)) {
            guards += point.name() == "udf_host_guard" ? 1 : 0;
            if (point.fieldsint().contains("received_points_total"))
                by_task[tag(point, "task")] += point.fieldsint().at("received_points_total");
        }
        CHECK(by_task.size() == 300);
        for (const auto& [task, received] : by_task) CHECK(received == 7);
        CHECK(guards == 600);
    }
}

TEST_CASE("a line that would not fit a datagram becomes two of the same tags and time") {
    Session session = session_of(std::string(500, ','), std::string(500, ' '), std::string(500, '='), 7);
    session.handler.counts[3] = 1'000'000'000'000;
    session.checkpoint = {.taken = kNow - std::chrono::nanoseconds(123'456'789), .bytes = 1'000'000'000'000};
    session.in.bytes = session.out.bytes = session.out.points = session.journal_bytes = 1'000'000'000'000;
    const Datagrams datagrams = LineProtocol({std::string(500, ','), 4'000'000}, metrics::kMostOfUdp)
                                    .datagrams(metrics::totals({session}), kNow);
    for (const std::string& datagram : datagrams) CHECK(datagram.size() <= metrics::kMostOfUdp);
    std::map<std::string, int64_t> fields;
    const auto points = points_of(datagrams);
    CHECK(points.size() > 1);
    for (const auto& point : points) {
        CHECK(point.time() == points[0].time());
        CHECK(tag(point, "task") == tag(points[0], "task"));
        for (const auto& [name, value] : point.fieldsint()) CHECK(fields.emplace(name, value).second);
    }
    CHECK(fields.at("received_points_total") == 7);
    CHECK(fields.at("dropped_total") == 0);
}

TEST_CASE("a long name is cut between its characters, and stays another than those with the same beginning") {
    std::string umlauts;
    for (int i = 0; i < 100; ++i) umlauts += "\xc3\xa4";
    const auto points = points_of(datagrams_of({session_of("avg", umlauts, "n"), session_of("avg", umlauts + "b", "n"),
                                                session_of("avg", "x" + umlauts, "n")}));
    std::set<std::string> tasks;
    for (const auto& point : points) {
        const std::string task = tag(point, "task");
        CHECK(task.size() <= 128);
        const std::string kept = task.substr(0, task.rfind('~'));
        CHECK((kept.size() - (kept.starts_with('x') ? 1 : 0)) % 2 == 0);
        tasks.insert(task);
    }
    CHECK(tasks.size() == 3);
}

TEST_CASE("where there is nothing to tell there is no datagram") { CHECK(datagrams_of({}).empty()); }
