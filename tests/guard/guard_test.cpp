// SPDX-License-Identifier: MIT
#include "guard/guard.h"

#include <string>

#include "guarded.h"
#include "support/log_capture.h"

using namespace guarded;
using guard::Guard;
using guard::Rule;

namespace {

// A point of group host=HOST, built from nothing: fields, a time, and what is set here.
Made bare(std::vector<udf_field> fields) {
    Made made(std::move(fields));
    made.point.name = made.point.database = made.point.retention_policy = {};
    made.point.by_name = 0;
    return made;
}

}  // namespace

TEST_CASE("what came from Kapacitor and what is in order leaves as the very points that were emitted") {
    const Input input{encoded("a", 7), encoded("b", 8)};
    const std::vector<udf_field> fields{input[1].fields[0], number("avg", 2)};
    Made made({number("avg", 1)});
    made.tags = {{str("host"), str("a")}};
    made.dimensions = {str("host")};
    made.point.by_name = 0;
    made.point.group = str("host=a");
    made.update();
    const std::vector<udf_point> copies{input[1], with_fields(input[1], fields), input[0], made.point};
    Guard guard("calm", {});
    CHECK(guard.check(input.run.points(), input.run).points.data() == input.run.points().data());
    CHECK(guard.check(input.run.points().subspan(1), input.run).points.data() == &input[1]);
    const auto checked = guard.check(copies, input.run);
    CHECK(checked.points.data() == copies.data());
    CHECK(checked.points.size() == copies.size());
    CHECK(guard.counters().text().empty());
    CHECK_FALSE(guard.learns());
    CHECK_FALSE(guard.has_news());
}

TEST_CASE("mended points leave among their neighbours in order") {
    const Input input{encoded("a", 7), encoded("b", 8), encoded("a", 9), encoded("b", 10)};
    const std::vector<udf_field> bad{integer("x\n", 1)};
    const std::vector<udf_point> points{input[0], with_fields(input[1], bad), with_fields(input[2], {}), input[3]};
    Guard guard("wild", {});
    const auto checked = guard.check(points, input.run);
    REQUIRE(checked.points.size() == 3);
    CHECK(checked.points[0].time == 7);
    CHECK(view(checked.points[1].fields[0].name) == "x ");
    CHECK(checked.points[2].time == 10);
    CHECK(guard.counters().text() == "incomplete 1, newline 1");
}

TEST_CASE("the guard tells of a rule once") {
    const Made made({integer("x\n", 1)});
    Guard guard("wild", {});
    guard.check({&made.point, 1}, kNoRun);
    const std::vector<guard::News> news = guard.take_news();
    REQUIRE(news.size() == 1);
    const support::LogCapture log;
    tell({"mine", "cpu", "n"}, news[0]);
    CHECK(log.text() ==
          "udf-host: warning: the guard mended output; more by the same rule is only counted algorithm=mine task=cpu "
          "node=n rule=newline row=C12 did=\"replaced a line break in the name of field 'x '\"\n");
    guard.check({&made.point, 1}, kNoRun);
    CHECK_FALSE(guard.has_news());
    CHECK(guard.counters().get(Rule::newline) == 2);
}

TEST_CASE("points that cannot be read are left for the encoder to report") {
    const Input input{encoded("a", 7)};
    Made made({integer("x\n", 1), integer("y", 1)});
    std::vector<udf_point> points(6, made.point);
    points[0].fields = nullptr;
    points[1].field_count = 0x80000000u;
    points[2].tag_count = 3;
    points[3].name = {nullptr, 5};
    points[4] = with_fields(input[0], made.fields);
    points[4].field_count = 0x80000000u;
    std::vector<udf_field> fields = made.fields;
    fields[1].value.type = 99;
    points[5] = with_fields(input[0], fields);
    Guard guard("wild", {});
    for (const udf_point& point : points) CHECK(guard.check({&point, 1}, input.run).points.data() == &point);
    udf_batch batch{};
    batch.point_count = 7;
    CHECK(guard.check(batch, input.run, nullptr).batch == &batch);
    CHECK(guard.counters().text().empty());
}

TEST_CASE("a point built from nothing takes its head from the input of its group") {
    const Input input{encoded("a", 7), encoded("b", 8)};
    Made made = bare({number("avg", 1)});
    made.point.group = str("host=b");
    made.point.time = 0;
    Guard guard("wild", {});
    const auto checked = guard.check({&made.point, 1}, input.run);
    REQUIRE(checked.points.size() == 1);
    const udf_point& p = checked.points[0];
    CHECK(p.time == 8);
    CHECK(view(p.name) == "cpu");
    CHECK(view(p.database) == "telegraf");
    CHECK(view(p.retention_policy) == "autogen");
    REQUIRE(p.dimension_count == 1);
    CHECK(view(p.dimensions[0]) == "host");
    REQUIRE(p.tag_count == 1);
    CHECK(view(p.tags[0].value) == "b");
    CHECK(guard.counters().text() == "group 1, incomplete 1");
    made.point.time = 5;
    made.point.name = str("cpu");  // without one it would be dropped where the rule is off
    check_strict_and_off(made.point, input.run, Rule::group, "host=b");
}

TEST_CASE("a point that comes after its run takes its head from what the guard has learnt") {
    const Input first{encoded("a", 7)}, second{encoded("b", 8)};
    Made made = bare({number("avg", 1)});
    made.point.group = str("host=a");
    Guard guard("wild", {});
    CHECK_FALSE(guard.learns());
    guard.check({&made.point, 1}, first.run);
    CHECK(guard.learns());
    {
        const Input third{encoded("c", 9)};
        guard.saw_input(third.run.points());
    }
    made.point.group = str("host=c");
    for (const wire::PointRun* run : {&second.run, &kNoRun}) {
        const auto checked = guard.check({&made.point, 1}, *run);
        REQUIRE(checked.points.size() == 1);
        CHECK(view(checked.points[0].name) == "cpu");
        REQUIRE(checked.points[0].tag_count == 1);
        CHECK(view(checked.points[0].tags[0].value) == "c");
    }
}

TEST_CASE("a point without a group gets one only as long as all input is of one") {
    const Input one{encoded("a", 7), encoded("a", 8)}, other{encoded("b", 9)};
    const Made made = bare({number("avg", 1)});
    Guard guard("wild", {});
    const auto checked = guard.check({&made.point, 1}, one.run);
    REQUIRE(checked.points.size() == 1);
    CHECK(view(checked.points[0].group) == "host=a");
    CHECK(checked.points[0].dimension_count == 1);

    guard.saw_input(other.run.points());
    const auto later = guard.check({&made.point, 1}, other.run);
    REQUIRE(later.points.size() == 1);
    CHECK(view(later.points[0].name) == "cpu");
    CHECK(later.points[0].dimension_count == 0);
}

TEST_CASE("a point without a name and without input to take it from is dropped") {
    const Made made = bare({number("avg", 1)});
    Guard guard("wild", {});
    CHECK(repaired(guard, made.point, kNoRun, Rule::incomplete).empty());
    check_strict_and_off(made.point, kNoRun, Rule::incomplete, "without a name");
}

TEST_CASE("a point without a time takes that of the input or is dropped") {
    const Input input{encoded("a", 7), encoded("b", 8)};
    Made made({number("avg", 1)});
    made.point.time = 0;
    Guard guard("wild", {});
    CHECK(repaired(guard, made.point, input.run, Rule::incomplete)[0].time == 8);
    CHECK(repaired(guard, made.point, kNoRun, Rule::incomplete).empty());
    check_strict_and_off(made.point, kNoRun, Rule::incomplete, "without a time");
}

TEST_CASE("dimensions in another order get that of the input and a lost tag comes back") {
    const std::string body = support::nested(2, "cpu") + support::nested(3, "d") + support::nested(4, "r") +
                             support::nested(5, "a=1,b=2") + support::nested(6, "a") + support::nested(6, "b") +
                             support::nested(7, support::nested(1, "a") + support::nested(2, "1")) +
                             support::nested(7, support::nested(1, "b") + support::nested(2, "2")) +
                             support::nested(9, support::nested(1, "v") + support::tagged(2, 0) + support::varint(1));
    const Input input{body};
    Made made({number("avg", 1)});
    made.point.by_name = 0;
    made.point.group = str("a=1,b=2");
    made.dimensions = {str("b"), str("a")};
    made.tags = {{str("b"), str("2")}};
    made.update();
    Guard guard("wild", {});
    const auto left = repaired(guard, made.point, input.run, Rule::group);
    REQUIRE(left.size() == 1);
    CHECK(view(left[0].dimensions[0]) == "a");
    REQUIRE(left[0].tag_count == 2);
    CHECK(view(left[0].tags[1].value) == "1");

    udf_point untagged = input[0];
    untagged.tags = nullptr;
    untagged.tag_count = 0;
    CHECK(repaired(guard, untagged, input.run, Rule::group)[0].tag_count == 2);
    check_strict_and_off(untagged, input.run, Rule::group, "tag of a dimension");
}

TEST_CASE("a point that was told another group than its source keeps it") {
    const Input input{encoded("a", 7)};
    udf_point regrouped = input[0];
    const udf_str rack[] = {str("rack")};
    regrouped.dimensions = rack;
    regrouped.group = str("rack=r1");
    udf_point ungrouped = input[0];
    ungrouped.dimension_count = 0;
    ungrouped.group = {};
    Guard guard("calm", {});
    for (const udf_point& point : {regrouped, ungrouped})
        CHECK(guard.check({&point, 1}, input.run).points.data() == &point);
    CHECK(guard.counters().text().empty());
}

TEST_CASE("rules that the caller holds are counted and refused through the guard") {
    Guard guard("wild", policy(guard::Mode::strict));
    CHECK(guard.mode(Rule::edge) == guard::Mode::strict);
    guard.count(Rule::edge);
    guard.count(Rule::frame_limit, 2);
    CHECK(guard.counters().text() == "frame-limit 2, edge 1");
    CHECK(guard.refusal(Rule::edge, "a batch") ==
          "algorithm 'wild' emitted what the guard does not let pass: a batch (rule edge, C10; --guard-rule "
          "edge=repair mends it)");
}
