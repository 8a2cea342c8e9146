// SPDX-License-Identifier: MIT
#include "metrics/families.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "metrics/sessions.h"

using metrics::Family;
using metrics::Sample;
using metrics::Session;
using std::chrono::system_clock;
using Labels = decltype(Sample::labels);

namespace {

const Family& family(const std::vector<Family>& all, const std::string& name) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Family& each) { return each.name == name; });
    REQUIRE(found != all.end());
    return *found;
}

std::vector<Family> families_of(const std::vector<Session>& sessions, system_clock::time_point now = {}) {
    return metrics::families(metrics::totals(sessions), now);
}

const Labels kLabels{{"algorithm", "avg"}, {"task", "cpu"}, {"node", "avg2"}};

Labels with(const char* name, const char* value) {
    Labels labels = kLabels;
    labels.emplace_back(name, value);
    return labels;
}

// Of the only sample, or of that with the labels.
double value(const Family& family, const Labels& labels = kLabels) {
    for (const Sample& sample : family.samples)
        if (sample.labels == labels) return sample.value;
    FAIL("no such sample");
    return 0;
}

}  // namespace

TEST_CASE("every count of a session is a metric with its value") {
    const auto now = system_clock::now();
    Session session = session_of("avg", "cpu", "avg2");
    session.in = {1, 2, 3};
    session.out = {4, 5, 6};
    session.blocked_nanoseconds = 1'500'000'000;
    session.guard = {{"utf8", 7}, {"group", 0}};
    session.restarts[static_cast<size_t>(metrics::Cause::hang)] = 8;
    session.upgrades = 9;
    session.checkpoint = {.taken = now - std::chrono::seconds(10), .bytes = 11};
    session.journal_bytes = 12;
    session.journal_frames = 13;
    session.quarantined = 14;
    session.dropped = 15;
    session.handler.counts[5] = 16;
    session.handler.nanoseconds = 17;
    const std::vector<Family> all = families_of({session}, now);
    CHECK(value(family(all, "udf_host_build_info"), {{"version", UDF_HOST_VERSION}}) == 1);
    CHECK(value(family(all, "udf_host_connections"), {{"algorithm", "avg"}}) == 1);
    CHECK(value(family(all, "udf_host_received_points_total")) == 1);
    CHECK(value(family(all, "udf_host_received_batches_total")) == 2);
    CHECK(value(family(all, "udf_host_received_bytes_total")) == 3);
    CHECK(value(family(all, "udf_host_sent_points_total")) == 4);
    CHECK(value(family(all, "udf_host_sent_batches_total")) == 5);
    CHECK(value(family(all, "udf_host_sent_bytes_total")) == 6);
    CHECK(value(family(all, "udf_host_output_blocked_seconds_total")) == 1.5);
    CHECK(value(family(all, "udf_host_guard_mended_total"), with("rule", "utf8")) == 7);
    CHECK(value(family(all, "udf_host_guard_mended_total"), with("rule", "group")) == 0);
    CHECK(value(family(all, "udf_host_worker_restarts_total"), with("cause", "hang")) == 8);
    CHECK(value(family(all, "udf_host_worker_restarts_total"), with("cause", "exit")) == 0);
    CHECK(value(family(all, "udf_host_worker_upgrades_total")) == 9);
    CHECK(value(family(all, "udf_host_checkpoint_age_seconds")) == doctest::Approx(10));
    CHECK(value(family(all, "udf_host_checkpoint_bytes")) == 11);
    CHECK(value(family(all, "udf_host_journal_bytes")) == 12);
    CHECK(value(family(all, "udf_host_journal_frames")) == 13);
    CHECK(value(family(all, "udf_host_quarantined_total")) == 14);
    CHECK(value(family(all, "udf_host_dropped_total")) == 15);
    const Family& handler = family(all, "udf_host_handler_call_duration_seconds");
    REQUIRE(handler.samples.size() == 1);
    CHECK(handler.samples[0].histogram.counts[5] == 16);
    CHECK(all.size() == 19);
}

TEST_CASE("counters and nothing else end in _total, names are of one prefix and told once") {
    std::set<std::string> names;
    for (const Family& each : families_of({})) {
        CAPTURE(each.name);
        CHECK(each.name.starts_with("udf_host_"));
        CHECK(each.name.ends_with("_total") == (each.type == Family::Type::counter));
        CHECK(each.help.ends_with('.'));
        CHECK(names.insert(each.name).second);
    }
}

TEST_CASE("connections are told by algorithm, whichever tasks they have") {
    const auto all = families_of({session_of("avg", "a", "n"), session_of("avg", "b", "n"), session_of("max", "a", "m"),
                                  ended(session_of("old", "a", "n"))});
    CHECK(value(family(all, "udf_host_connections"), {{"algorithm", "avg"}}) == 2);
    CHECK(value(family(all, "udf_host_connections"), {{"algorithm", "max"}}) == 1);
    CHECK(value(family(all, "udf_host_connections"), {{"algorithm", "old"}}) == 0);
}

TEST_CASE("a checkpoint from the future, by a clock that was set, is not of negative age") {
    Session session = session_of("avg", "cpu", "avg2");
    session.checkpoint = {.taken = system_clock::now(), .bytes = 1};
    CHECK(value(family(families_of({session}, session.checkpoint->taken - std::chrono::hours(1)),
                       "udf_host_checkpoint_age_seconds")) == 0);
}
