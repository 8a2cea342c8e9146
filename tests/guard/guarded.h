// SPDX-License-Identifier: MIT
//
// Points for the guard: some that came from Kapacitor, and some that a plugin makes up.
#pragma once

#include <doctest/doctest.h>
#include <udf_plugin.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "guard/guard.h"
#include "support/encoded_points.h"
#include "wire/decode.h"

namespace guarded {

inline udf_str str(std::string_view s) { return {s.data(), s.size()}; }
inline std::string_view view(udf_str s) { return {s.data, s.size}; }

inline udf_field number(std::string_view name, double value) {
    udf_field f{};
    f.name = str(name);
    f.value.type = UDF_DOUBLE;
    f.value.as.f = value;
    return f;
}
inline udf_field integer(std::string_view name, int64_t value) {
    udf_field f{};
    f.name = str(name);
    f.value.type = UDF_INT;
    f.value.as.i = value;
    return f;
}
inline udf_field text(std::string_view name, std::string_view value) {
    udf_field f{};
    f.name = str(name);
    f.value.type = UDF_STRING;
    f.value.as.s = value.data();
    f.value.size = static_cast<uint32_t>(value.size());
    return f;
}

// An encoded point of group host=HOST with fields "usage" and "temp".
inline std::string encoded(const std::string& host, int64_t time, double usage = 1.5) {
    using namespace support;
    std::string bits(reinterpret_cast<const char*>(&usage), 8);
    return tagged(1, 0) + varint(static_cast<uint64_t>(time)) + nested(2, "cpu") + nested(3, "telegraf") +
           nested(4, "autogen") + nested(5, "host=" + host) + nested(6, "host") +
           nested(7, nested(1, "host") + nested(2, host)) + nested(7, nested(1, "rack") + nested(2, "r1")) +
           nested(8, nested(1, "usage") + tagged(2, 1) + bits) +
           nested(9, nested(1, "temp") + tagged(2, 0) + varint(20));
}

// Decoded points, with what they were decoded from.
class Input {
public:
    explicit Input(std::initializer_list<std::string> bodies) {
        for (const std::string& body : bodies) {
            const std::string request = support::nested(17, body);
            const std::string prefix = support::varint(request.size());
            frames_ += prefix + request;
        }
        for (std::string_view left = frames_; !left.empty();) {
            const wire::PointFrame frame = wire::find_point(left);
            REQUIRE(frame);
            REQUIRE(run.add({frame.body, frame.size}, frame.prefix));
            left.remove_prefix(frame.prefix + frame.size);
        }
    }
    const udf_point& operator[](size_t i) const { return run.points()[i]; }

    wire::PointRun run;

private:
    std::string frames_;
};

// A point that a plugin builds from nothing, whole.
struct Made {
    std::vector<udf_field> fields;
    std::vector<udf_tag> tags;
    std::vector<udf_str> dimensions;
    udf_point point{};

    explicit Made(std::vector<udf_field> of) : fields(std::move(of)) {
        point.time = 1000;
        point.name = str("cpu");
        point.database = str("telegraf");
        point.retention_policy = str("autogen");
        point.by_name = 1;  // told: no dimensions
        update();
    }
    void update() {
        point.fields = fields.data();
        point.field_count = static_cast<uint32_t>(fields.size());
        point.tags = tags.data();
        point.tag_count = static_cast<uint32_t>(tags.size());
        point.dimensions = dimensions.data();
        point.dimension_count = static_cast<uint32_t>(dimensions.size());
    }
};

// The point with other fields.
inline udf_point with_fields(udf_point point, const std::vector<udf_field>& fields) {
    point.fields = fields.data();
    point.field_count = static_cast<uint32_t>(fields.size());
    return point;
}

inline guard::Policy policy(guard::Mode mode) {
    guard::Policy policy;
    policy.mode = mode;
    return policy;
}

inline const wire::PointRun kNoRun;

// Holds that `point` is refused by name of rule, row, algorithm and `subject`, and passes where the guard is off.
inline void check_strict_and_off(const udf_point& point, const wire::PointRun& run, guard::Rule rule,
                                 std::string_view subject = {}) {
    guard::Guard strict("wild", policy(guard::Mode::strict));
    const auto refused = strict.check({&point, 1}, run);
    CAPTURE(refused.problem);
    CHECK(refused.points.empty());
    for (const std::string_view part : {std::string_view(guard::info(rule).name),
                                        std::string_view(guard::info(rule).row), std::string_view("'wild'"), subject})
        CHECK(refused.problem.find(part) != std::string::npos);

    guard::Policy one_off;
    one_off.rule_modes[static_cast<size_t>(rule)] = guard::Mode::off;
    for (const guard::Policy& policy : {guarded::policy(guard::Mode::off), one_off}) {
        guard::Guard off("wild", policy);
        const auto passed = off.check({&point, 1}, run);
        CHECK(passed.problem.empty());
        CHECK(passed.points.data() == &point);
        CHECK(off.counters().text().empty());
    }
}

// What is left of one point, after a repair that counts once for `rule`.
inline std::vector<udf_point> repaired(guard::Guard& guard, const udf_point& point, const wire::PointRun& run,
                                       guard::Rule rule) {
    const uint64_t before = guard.counters().get(rule);
    const auto checked = guard.check({&point, 1}, run);
    CHECK(checked.problem.empty());
    CHECK(guard.counters().get(rule) == before + 1);
    return {checked.points.begin(), checked.points.end()};
}

}  // namespace guarded
