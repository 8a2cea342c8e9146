// SPDX-License-Identifier: MIT
#include "metrics/json.h"

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>

using metrics::Session;

namespace {

Session full() {
    Session session;
    session.algorithm = "moving_avg";
    session.task = "cpu \"alert\"";
    session.node = "moving_avg2";
    session.state = "running";
    session.id = 7;
    session.worker = 4711;
    session.since = std::chrono::system_clock::time_point(std::chrono::nanoseconds(1'700'000'000'123'456'789));
    session.in = {1, 2, 3};
    session.out = {4, 5, 6};
    session.handler.counts[5] = 9;
    session.handler.nanoseconds = 123'456'789;
    session.blocked_nanoseconds = 1'000'000'001;
    session.guard = {{"utf8", 1}, {"non-finite", 0}};
    session.restarts = {1, 2, 3, 4, 5, 6, 7, 8};
    session.upgrades = 3;
    session.checkpoint = {session.since + std::chrono::seconds(5), 1234};
    session.journal_bytes = 10;
    session.journal_frames = 11;
    session.quarantined = 12;
    session.dropped = 13;
    session.last_error = "it hangs";
    session.last_error_at = session.since + std::chrono::seconds(9);
    return session;
}

}  // namespace

TEST_CASE("a connection comes back from JSON as it was") {
    for (const Session& session : {full(), Session{}}) {
        const std::string text = metrics::to_json(session).dump();
        const Session back = metrics::session_of(nlohmann::ordered_json::parse(text));
        CHECK(metrics::to_json(back).dump() == text);
    }
    CHECK(metrics::session_of(metrics::to_json(full())).handler.nanoseconds == 123'456'789);
}

TEST_CASE("JSON that is no connection is refused, whatever it lacks or has instead") {
    const nlohmann::ordered_json whole = metrics::to_json(full());
    for (const auto& [key, value] : whole.items()) {
        nlohmann::ordered_json lacks = whole, other = whole;
        lacks.erase(key);
        CHECK_THROWS_AS(metrics::session_of(lacks), std::exception);
        other[key] = nlohmann::ordered_json::array({nlohmann::ordered_json::object()});
        CHECK_THROWS_AS(metrics::session_of(other), std::exception);
    }
}
