// SPDX-License-Identifier: MIT
#include "guard/fields.h"

#include <cmath>
#include <limits>
#include <string>

#include "guarded.h"

using namespace guarded;
using guard::Guard;
using guard::Rule;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string> names(const udf_point& point) {
    std::vector<std::string> names;
    for (uint32_t i = 0; i < point.field_count; ++i) names.emplace_back(view(point.fields[i].name));
    return names;
}

}  // namespace

TEST_CASE("a field that is NaN or an infinity is dropped and the rest stays") {
    for (const double bad : {kNan, -std::numeric_limits<double>::infinity()}) {
        const Input input{encoded("a", 7)};
        const std::vector<udf_field> fields{input[0].fields[0], number("avg", bad), input[0].fields[1]};
        const udf_point point = with_fields(input[0], fields);
        Guard guard("wild", {});
        const auto left = repaired(guard, point, input.run, Rule::non_finite);
        REQUIRE(left.size() == 1);
        CHECK(names(left[0]) == std::vector<std::string>{"usage", "temp"});
        CHECK(left[0].origin == input[0].origin);
        CHECK(left[0].tags == input[0].tags);
        REQUIRE(guard.has_news());
        const std::vector<guard::News> news = guard.take_news();
        REQUIRE(news.size() == 1);
        CHECK(news[0].rule.rule == Rule::non_finite);
        CHECK(news[0].did == "dropped field 'avg'");
        CHECK(news[0].group == "host=a");
        check_strict_and_off(point, input.run, Rule::non_finite, "field 'avg' of group 'host=a'");
    }
}

TEST_CASE("NaN is dropped where Kapacitor itself sent it") {
    const Input input{encoded("a", 7), encoded("a", 8, kNan), encoded("a", 9)};
    Guard guard("wild", {});
    const auto checked = guard.check(input.run.points(), input.run);
    REQUIRE(checked.points.size() == 3);
    CHECK(names(checked.points[1]) == std::vector<std::string>{"temp"});
    CHECK(guard.counters().text() == "non-finite 1");

    const std::vector<udf_field> fields{input[1].fields[0], integer("x", 1)};
    const udf_point point = with_fields(input[1], fields);
    const auto left = repaired(guard, point, input.run, Rule::non_finite);
    REQUIRE(left.size() == 1);
    CHECK(names(left[0]) == std::vector<std::string>{"x"});
    check_strict_and_off(point, input.run, Rule::non_finite, "'usage'");
}

TEST_CASE("a point whose only field is NaN goes with it") {
    const Made made({number("avg", kNan)});
    Guard guard("wild", {});
    CHECK(repaired(guard, made.point, kNoRun, Rule::non_finite).empty());
    CHECK(guard.counters().get(Rule::incomplete) == 1);
}

TEST_CASE("the policy for NaN says what becomes of it") {
    const Made made({number("avg", kNan), integer("n", 1)});
    guard::Policy policy;
    policy.set_non_finite("drop-point");
    Guard drops("wild", policy);
    CHECK(repaired(drops, made.point, kNoRun, Rule::non_finite).empty());

    policy.set_non_finite("error");
    Guard refuses("wild", policy);
    CHECK(refuses.check({&made.point, 1}, kNoRun).problem.find("NaN or an infinity in field 'avg'") !=
          std::string::npos);

    policy.set_non_finite("pass");
    Guard passes("wild", policy);
    CHECK(passes.check({&made.point, 1}, kNoRun).points.data() == &made.point);
}

TEST_CASE("of fields with one name the last stays") {
    const Made made({integer("a", 1), integer("b", 2), text("a", "x"), integer("c", 3)});
    Guard guard("wild", {});
    const auto left = repaired(guard, made.point, kNoRun, Rule::duplicate);
    REQUIRE(left.size() == 1);
    CHECK(names(left[0]) == std::vector<std::string>{"b", "a", "c"});
    CHECK(left[0].fields[1].value.type == UDF_STRING);
    const Made twice({integer("a", 1), integer("a", 2)});
    check_strict_and_off(twice.point, kNoRun, Rule::duplicate, "field 'a'");
}

TEST_CASE("a field of a plugin that has the name of one that came replaces it") {
    const Input input{encoded("a", 7)};
    const std::vector<udf_field> fields{input[0].fields[0], input[0].fields[1], number("usage", 3)};
    const udf_point point = with_fields(input[0], fields);
    Guard guard("wild", {});
    const auto left = repaired(guard, point, input.run, Rule::duplicate);
    REQUIRE(left.size() == 1);
    CHECK(names(left[0]) == std::vector<std::string>{"temp", "usage"});
}

TEST_CASE("ten thousand fields are looked through in linear time") {
    std::vector<std::string> names;
    for (size_t i = 0; i < 10'000; ++i) names.push_back("a_rather_long_name_" + std::to_string(i) + "_of_a_field");
    std::vector<udf_field> fields;
    for (const std::string& name : names) fields.push_back(integer(name, 1));
    fields.push_back(integer(names[5000], 2));
    const Made made(fields);
    Guard guard("wild", {});
    const auto left = repaired(guard, made.point, kNoRun, Rule::duplicate);
    REQUIRE(left.size() == 1);
    CHECK(left[0].field_count == 10'000);
    CHECK(left[0].fields[9'999].value.as.i == 2);
}

TEST_CASE("an integer becomes a double where the field was one") {
    Guard guard("wild", {});
    const Made first({number("v", 1.5)}), second({integer("v", 3)});
    CHECK(guard.check({&first.point, 1}, kNoRun).points.data() == &first.point);
    const auto left = repaired(guard, second.point, kNoRun, Rule::type_change);
    REQUIRE(left.size() == 1);
    CHECK(left[0].fields[0].value.type == UDF_DOUBLE);
    CHECK(left[0].fields[0].value.as.f == 3.0);
}

TEST_CASE("a double turns the integers after it into doubles") {
    Guard guard("wild", {});
    const Made first({integer("v", 1)}), second({number("v", 1.5)}), third({integer("v", 3)});
    CHECK(guard.check({&first.point, 1}, kNoRun).points.data() == &first.point);
    CHECK(repaired(guard, second.point, kNoRun, Rule::type_change)[0].fields[0].value.as.f == 1.5);
    CHECK(guard.check({&second.point, 1}, kNoRun).points.data() == &second.point);
    CHECK(repaired(guard, third.point, kNoRun, Rule::type_change)[0].fields[0].value.as.f == 3.0);
}

TEST_CASE("a field of another type than before is dropped") {
    Guard guard("wild", {});
    const Made first({integer("v", 1), integer("w", 1)}), second({text("v", "x"), integer("w", 2)});
    CHECK(guard.check({&first.point, 1}, kNoRun).points.data() == &first.point);
    const auto left = repaired(guard, second.point, kNoRun, Rule::type_change);
    REQUIRE(left.size() == 1);
    CHECK(names(left[0]) == std::vector<std::string>{"w"});

    Made other = second;
    other.point.name = str("disk");
    other.update();
    CHECK(guard.check({&other.point, 1}, kNoRun).points.data() == &other.point);
}

TEST_CASE("a changed type is refused or passes as the mode says") {
    const Made first({integer("v", 1)}), second({text("v", "x")});
    Guard strict("wild", policy(guard::Mode::strict));
    REQUIRE(strict.check({&first.point, 1}, kNoRun).problem.empty());
    const auto refused = strict.check({&second.point, 1}, kNoRun);
    CHECK(refused.points.empty());
    CHECK(refused.problem.find("another type than before in field 'v'") != std::string::npos);
    CHECK(refused.problem.find("C11") != std::string::npos);

    guard::Policy off;
    off.set_rule("type-change=off");
    Guard passes("wild", off);
    passes.check({&first.point, 1}, kNoRun);
    CHECK(passes.check({&second.point, 1}, kNoRun).points.data() == &second.point);
}

TEST_CASE("types beyond the limit of the table are not held") {
    guard::TypeTable table;
    const auto name = [](size_t i) { return std::to_string(i); };
    for (size_t i = 0; i < guard::TypeTable::kLimit; ++i) REQUIRE(table.find_or_add("m", name(i), i % 4));
    CHECK(table.find_or_add("m", "more", UDF_INT) == nullptr);
    bool all_kept = true;
    for (size_t i = 0; i < guard::TypeTable::kLimit; ++i) {
        const uint32_t* const type = table.find_or_add("m", name(i), UDF_BOOL);
        if (type == nullptr || *type != i % 4) all_kept = false;
    }
    CHECK(all_kept);
}

TEST_CASE("a field without a name is dropped") {
    const Made made({integer("", 1), integer("b", 2)});
    Guard guard("wild", {});
    const auto left = repaired(guard, made.point, kNoRun, Rule::incomplete);
    REQUIRE(left.size() == 1);
    CHECK(names(left[0]) == std::vector<std::string>{"b"});
    check_strict_and_off(made.point, kNoRun, Rule::incomplete, "field without a name");
}

TEST_CASE("a point without fields is dropped") {
    const Input input{encoded("a", 7)};
    const Made made({});
    const udf_point emptied = with_fields(input[0], {});
    for (const udf_point& point : {made.point, emptied}) {
        Guard guard("wild", {});
        CHECK(repaired(guard, point, input.run, Rule::incomplete).empty());
        check_strict_and_off(point, input.run, Rule::incomplete, "without fields");
    }
}
