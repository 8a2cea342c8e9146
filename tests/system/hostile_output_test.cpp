// SPDX-License-Identifier: MIT
//
// What plugins emit that Kapacitor could not bear.
#include "system/hostile_task.h"

TEST_CASE("NaN and infinity are left out and the points come through") {
    HostileTask task("output", "not_finite");
    task.init();
    task.send_points(3);
    CHECK(task.finish().empty());
    CHECK(task.mirrored() == 3);
    REQUIRE(task.made().size() == 3);
    CHECK(task.made()[0].fieldsdouble_size() == 1);
    CHECK(task.made()[0].fieldsdouble().at("sum") == 1);
    CHECK(task.said() == Contains("non-finite 9"));
}

TEST_CASE("NaN fails the task in strict mode, with rule, field and group") {
    HostileTask task("output", "not_finite", {"--guard", "strict"});
    task.init();
    task.send_points(1);
    const std::string error = task.finish();
    CHECK(error == Contains("non-finite"));
    CHECK(error == Contains("'nan'"));
    CHECK(error == Contains("host=a"));
    CHECK(task.mirrored() == 0);
}

TEST_CASE("NaN passes where the guard is off") {
    HostileTask task("output", "not_finite", {"--non-finite", "pass"});
    task.allowed_violation = "C8";
    task.init();
    task.send_points(1);
    CHECK(task.finish().empty());
    REQUIRE(task.made().size() == 2);
    CHECK(task.made()[0].fieldsdouble_size() == 3);
}

TEST_CASE("empty names and empty points do not reach Kapacitor") {
    HostileTask task("output", "empty_names");
    task.init();
    task.send_points(2);
    CHECK(task.finish().empty());
    CHECK(task.mirrored() == 2);
    for (const pb::Point& point : task.made()) {
        CHECK(point.name() == "cpu");
        CHECK(point.fieldsdouble_size() == 1);
        CHECK(point.tags().count("") == 0);
    }
}

TEST_CASE("text that is not UTF-8 and line breaks are replaced") {
    HostileTask task("output", "bad_text");
    task.init();
    task.send_points(1);
    CHECK(task.finish().empty());
    REQUIRE(task.made().size() == 1);
    const pb::Point made = task.made()[0];
    CHECK(made.name() == "na\xef\xbf\xbdme ");
    CHECK(made.tags().at("k\xef\xbf\xbd") == "v w");
    CHECK(made.fieldsdouble().count("two lines") == 1);
}

TEST_CASE("of one field name twice the last value stays") {
    HostileTask task("output", "twice_the_name");
    task.init();
    task.send_points(1);
    CHECK(task.finish().empty());
    REQUIRE(task.made().size() == 1);
    CHECK(task.made()[0].fieldsstring().at("v") == "last");
    CHECK(task.made()[0].fieldsdouble_size() + task.made()[0].fieldsbool_size() == 0);
}

TEST_CASE("a field keeps its type") {
    HostileTask task("output", "changes_types");
    task.init();
    task.send_points(2);
    CHECK(task.finish().empty());
    int integers = 0, others = 0;
    for (const pb::Point& point : task.made()) {
        integers += point.fieldsint_size();
        others += point.fieldsbool_size() + point.fieldsstring_size();
    }
    CHECK(integers == 1);  // the first; then a double came
    CHECK(others == 0);
}

TEST_CASE("a point built from nothing is of the measurement and group of the input") {
    HostileTask task("output", "from_nothing");
    task.init();
    task.send_points(2);
    CHECK(task.finish().empty());
    REQUIRE(task.made().size() == 2);
    const pb::Point made = task.made()[0];
    CHECK(made.name() == "cpu");
    CHECK(made.database() == "telegraf");
    CHECK(made.retentionpolicy() == "autogen");
    CHECK(made.dimensions_size() == 1);
    CHECK(made.tags().at("host") == "a");
    CHECK(made.time() != 0);
}

TEST_CASE("a count that is none is not read, and its point left out") {
    HostileTask task("output", "huge_count");
    task.init();
    task.send_points(1);
    CHECK(task.finish().empty());
    CHECK(task.mirrored() == 1);
    CHECK(task.said() == Contains("frame-limit 1"));
}

TEST_CASE("a point over the frame limit is left out") {
    HostileTask task("output", "huge_point");
    task.init();
    task.send_points(2);
    CHECK(task.finish().empty());
    CHECK(task.mirrored() == 2);
    CHECK(task.made().empty());
    CHECK(task.said() == Contains("frame-limit 2"));
}

TEST_CASE("a point under a frame limit that was raised goes out") {
    HostileTask task("output", "huge_point", {"--frame-limit", "32"});
    task.allowed_violation = "K4";  // of 16 MiB, which the check holds
    task.init();
    task.send_points(1);
    CHECK_THROWS_WITH_AS(task.session.finish(), doctest::Contains("a frame of 20971593 bytes"), client::ProtocolError);
}

TEST_CASE("a batch from an algorithm that provides a stream fails it") {
    HostileTask task("output", "batch_from_stream");
    task.init();
    task.send_points(1);
    CHECK(task.finish() == Contains("emitted a batch, but the algorithm provides a stream"));
    CHECK(task.emitted.empty());
}

TEST_CASE("batches are made fit for Kapacitor") {
    HostileTask task("output", "odd_batches");
    task.init();
    task.send_batch();
    task.send_batch();
    CHECK(task.finish().empty());
    int ends = 0;
    for (const pb::Response& r : task.emitted) {
        if (r.has_begin()) CHECK(r.begin().name() == "cpu");
        if (!r.has_end()) continue;
        ++ends;
        CHECK(r.end().name() == "cpu");
    }
    CHECK(ends == 8);
    for (size_t i = 0; i + 2 < task.emitted.size(); ++i)
        if (task.emitted[i].has_begin() && task.emitted[i + 1].has_point())
            CHECK(task.emitted[i + 2].end().tmax() >= 10);
}
