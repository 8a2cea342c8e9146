// SPDX-License-Identifier: MIT
#include "check/records.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "text/utf8.h"

namespace check {
namespace {

std::string copy(udf_str s) { return s.size != 0 ? std::string(s.data, s.size) : std::string(); }

Value copy(const udf_value& v) {
    switch (v.type) {
        case UDF_DOUBLE:
            return v.as.f;
        case UDF_INT:
            return v.as.i;
        case UDF_BOOL:
            return v.as.i != 0;
        default:
            return v.size != 0 ? std::string(v.as.s, v.size) : std::string();
    }
}

Tags copy_tags(const udf_tag* tags, size_t count) {
    Tags result;
    for (size_t i = 0; i < count; ++i) result.emplace_back(copy(tags[i].key), copy(tags[i].value));
    std::ranges::stable_sort(result, {}, &Tags::value_type::first);
    return result;
}

bool same(const Value& a, const Value& b) {
    const auto* x = std::get_if<double>(&a);
    const auto* y = std::get_if<double>(&b);
    return x != nullptr && y != nullptr && std::isnan(*x) && std::isnan(*y) ? true : a == b;
}

std::string shown(const std::string& text) {
    constexpr size_t kLongest = 60;
    return text::replace_bad_utf8(text.size() <= kLongest ? text : text.substr(0, kLongest) + "...");
}

std::string shown(const Value& value) {
    if (const auto* s = std::get_if<std::string>(&value)) return "'" + shown(*s) + "'";
    if (const auto* b = std::get_if<bool>(&value)) return *b ? "true" : "false";
    if (const auto* i = std::get_if<int64_t>(&value)) return fmt::format("{}i", *i);
    return fmt::format("{}", std::get<double>(value));
}

std::string differing_fields(const Fields& expected, const Fields& other) {
    for (size_t i = 0; i < std::min(expected.size(), other.size()); ++i) {
        const auto& [name, value] = expected[i];
        const auto& [other_name, other_value] = other[i];
        if (name != other_name && std::ranges::find(other, name, &Fields::value_type::first) == other.end())
            return fmt::format("lacks field '{}'", shown(name));
        if (name != other_name) return fmt::format("has a field '{}' too many", shown(other_name));
        if (!same(other_value, value))
            return fmt::format("has field '{}' = {}, not {}", shown(name), shown(other_value), shown(value));
    }
    if (expected.size() != other.size()) return fmt::format("has {} fields, not {}", other.size(), expected.size());
    return {};
}

std::string differing(const Point& expected, const Point& other) {
    if (std::string fields = differing_fields(expected.fields, other.fields); !fields.empty()) return fields;
    if (expected.time != other.time) return fmt::format("has time {}, not {}", other.time, expected.time);
    if (expected.tags != other.tags) return "has other tags";
    if (expected.group != other.group)
        return fmt::format("is of group '{}', not '{}'", shown(other.group), shown(expected.group));
    if (expected.name != other.name)
        return fmt::format("is of measurement '{}', not '{}'", shown(other.name), shown(expected.name));
    if (expected.dimensions != other.dimensions || expected.by_name != other.by_name) return "has other dimensions";
    if (expected.database != other.database || expected.retention_policy != other.retention_policy)
        return "is of another database or retention policy";
    return {};
}

std::string differing_points(const std::vector<Point>& expected, const std::vector<Point>& other) {
    for (size_t i = 0; i < std::min(expected.size(), other.size()); ++i)
        if (const std::string how = differing(expected[i], other[i]); !how.empty())
            return fmt::format("point {} {}", i + 1, how);
    if (expected.size() != other.size()) return fmt::format("{} points, not {}", other.size(), expected.size());
    return {};
}

}  // namespace

Point copy(const udf_point& p) {
    Point result{.time = p.time,
                 .tags = copy_tags(p.tags, p.tag_count),
                 .by_name = p.by_name != 0,
                 .group = copy(p.group),
                 .name = copy(p.name),
                 .database = copy(p.database),
                 .retention_policy = copy(p.retention_policy)};
    for (size_t i = 0; i < p.field_count; ++i)
        result.fields.emplace_back(copy(p.fields[i].name), copy(p.fields[i].value));
    std::ranges::stable_sort(result.fields, {}, &Fields::value_type::first);
    for (size_t i = 0; i < p.dimension_count; ++i) result.dimensions.push_back(copy(p.dimensions[i]));
    return result;
}

Batch copy(const udf_batch& b) {
    Batch result{.name = copy(b.name),
                 .group = copy(b.group),
                 .tags = copy_tags(b.tags, b.tag_count),
                 .by_name = b.by_name != 0,
                 .tmax = b.tmax};
    for (uint64_t i = 0; i < b.point_count; ++i) result.points.push_back(copy(b.points[i]));
    return result;
}

std::string difference(const Emitted& expected, const Emitted& other) {
    if (std::string points = differing_points(expected.points, other.points); !points.empty()) return points;
    for (size_t i = 0; i < std::min(expected.batches.size(), other.batches.size()); ++i) {
        const Batch &a = expected.batches[i], &b = other.batches[i];
        if (const std::string how = differing_points(a.points, b.points); !how.empty())
            return fmt::format("batch {}: {}", i + 1, how);
        if (a.name != b.name || a.group != b.group || a.tags != b.tags || a.by_name != b.by_name)
            return fmt::format("batch {} is of another group", i + 1);
        if (a.tmax != b.tmax) return fmt::format("batch {} has tmax {}, not {}", i + 1, b.tmax, a.tmax);
    }
    if (expected.batches.size() != other.batches.size())
        return fmt::format("{} batches, not {}", other.batches.size(), expected.batches.size());
    return {};
}

}  // namespace check
