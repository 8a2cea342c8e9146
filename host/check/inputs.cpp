// SPDX-License-Identifier: MIT
#include "check/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace check {
namespace {

constexpr int64_t kStart = 1'700'000'000'000'000'000, kSecond = 1'000'000'000;
constexpr size_t kGroups = 3, kPerBatch = 10;

// Spreads an index over all numbers, the same each time.
uint64_t mixed(uint64_t n) {
    n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9u;
    n = (n ^ n >> 27) * 0x94d049bb133111ebu;
    return n ^ n >> 31;
}

double value(size_t index, int seed) {
    if (index % 17 == 5) return 0;
    if (index % 23 == 11) return 5000;
    return static_cast<double>(mixed(index / 2 + static_cast<uint64_t>(seed) * 7919 + 1) % 400) / 2;
}

void add_unique(std::vector<std::string>& names, const std::string& name) {
    constexpr size_t kLongest = 64;
    if (!name.empty() && name.size() <= kLongest && std::ranges::find(names, name) == names.end())
        names.push_back(name);
}

std::string group_of(const Tags& tags, const std::vector<std::string>& dimensions) {
    std::string group;
    for (const std::string& dimension : dimensions)
        for (const auto& [key, text] : tags)
            if (key == dimension) group += fmt::format("{}{}={}", group.empty() ? "" : ",", key, text);
    return group;
}

}  // namespace

Inputs::Inputs(const udf_algorithm& algorithm, const Uses& options) : algorithm_(algorithm), fields_{"value"} {
    for (const auto& use : options)
        for (const auto& each : use.values())
            if (each.value_case() == kapacitor::udf::OptionValue::kStringValue)
                add_unique(use.name().find("tag") != std::string::npos ? tags_ : fields_, each.stringvalue());
}

Point Inputs::point(size_t index, int seed) const {
    Point p{.time = kStart + static_cast<int64_t>(index) * kSecond,
            .dimensions = {"host"},
            .name = "cpu",
            .database = "telegraf",
            .retention_policy = "autogen"};
    for (size_t i = 0; i < fields_.size(); ++i) p.fields.emplace_back(fields_[i], value(index + i * 1000, seed));
    const auto add = [&](const char* name, Value each) {
        if (std::ranges::find(fields_, name) == fields_.end()) p.fields.emplace_back(name, std::move(each));
    };
    add("count", static_cast<int64_t>(index));
    add("state", std::string(index % 7 == 0 ? "bad" : "good"));
    add("up", index % 5 != 0);
    p.tags = {{"host", fmt::format("h{}", index % kGroups + static_cast<size_t>(seed) * kGroups)}, {"region", "eu"}};
    for (const std::string& tag : tags_)
        if (tag != "host" && tag != "region") p.tags.emplace_back(tag, fmt::format("t{}", index % 2));
    p.group = group_of(p.tags, p.dimensions);
    return p;
}

// As the host does, points of a batch borrow its name; their dimensions are its tags.
Batch Inputs::batch(std::vector<Point> points) const {
    Batch b{.name = "cpu", .points = std::move(points)};
    if (b.points.empty()) {
        b.tags = {{"host", "h0"}};
        b.group = "host=h0";
        b.tmax = kStart;
        return b;
    }
    const Point& first = b.points.front();
    b.name = first.name;
    b.group = first.group;
    for (const auto& tag : first.tags)
        if (std::ranges::find(first.dimensions, tag.first) != first.dimensions.end()) b.tags.push_back(tag);
    b.by_name = first.by_name;
    b.tmax = std::ranges::max(b.points, {}, &Point::time).time;
    for (Point& p : b.points) {
        p.database.clear();
        p.retention_policy.clear();
    }
    return b;
}

Input Inputs::ordinary(size_t count, int seed, size_t begin) const {
    std::vector<Point> points;
    for (size_t i = begin; i < begin + count; ++i) points.push_back(point(i, seed));
    if (algorithm_.wants == UDF_STREAM) return {.points = std::move(points)};
    std::vector<std::vector<Point>> groups(kGroups);
    Input input;
    const auto flush = [&](std::vector<Point>& group) {
        if (!group.empty()) input.batches.push_back(batch(std::exchange(group, {})));
    };
    for (size_t i = 0; i < points.size(); ++i) {
        auto& group = groups[(begin + i) % kGroups];
        group.push_back(std::move(points[i]));
        if (group.size() == kPerBatch) flush(group);
    }
    std::ranges::for_each(groups, flush);
    return input;
}

Input Inputs::of(std::vector<Point> points) const {
    if (algorithm_.wants == UDF_STREAM) return {.points = std::move(points)};
    Input input;
    for (Point& p : points) input.batches.push_back(batch({std::move(p)}));
    return input;
}

std::vector<Inputs::Unusual> Inputs::unusual_points() const {
    std::vector<Unusual> all;
    size_t next = 100;
    const auto add = [&](const char* what, auto&& change) {
        Point p = point(next++);
        change(p);
        all.push_back({what, of({std::move(p)})});
    };
    const auto each_field = [&](const char* what, const Value& as) {
        add(what, [&](Point& p) {
            for (auto& [name, field] : p.fields) field = as;
        });
    };
    add("a point without fields", [](Point& p) { p.fields.clear(); });
    add("a point without the usual fields", [](Point& p) { p.fields = {{"other", 1.0}}; });
    each_field("a point whose fields are all integers", int64_t{7});
    each_field("a point whose fields are all texts", std::string("text"));
    each_field("a point whose fields are all booleans", true);
    each_field("a point with empty texts", std::string());
    each_field("a point with a text that is not UTF-8", std::string("\xff\xc0\x80"));
    each_field("a point with NaN", std::numeric_limits<double>::quiet_NaN());
    each_field("a point with an infinity", -std::numeric_limits<double>::infinity());
    each_field("a point with the largest doubles", std::numeric_limits<double>::max());
    each_field("a point with the least integers", std::numeric_limits<int64_t>::min());
    add("a point with unicode everywhere", [](Point& p) {
        for (auto& [key, text] : p.tags) text = "Zürich 🌡 e\u0301";
        p.name = "température 🌡";
        p.fields.emplace_back("größe", std::string("日本"));
    });
    add("a point with 10,000 fields", [](Point& p) {
        for (int i = 0; i < 10'000; ++i) p.fields.emplace_back(fmt::format("f{}", i), 1.0 * i);
    });
    add("a point with names of 64 KiB", [](Point& p) {
        const std::string longest(65'536, 'x');
        p.fields.emplace_back(longest, longest);
        p.tags.emplace_back(longest, longest);
        p.name = longest;
    });
    add("a point without tags and dimensions", [](Point& p) {
        p.tags.clear();
        p.dimensions.clear();
        p.group.clear();
    });
    add("a point that lacks the tag it is grouped by", [](Point& p) {
        std::erase_if(p.tags, [](const auto& tag) { return tag.first == "host"; });
        p.group = "host=";
    });
    add("a point grouped by its measurement", [](Point& p) {
        p.by_name = true;
        p.group = "cpu\n" + p.group;
    });
    add("a point without a name, database and retention policy",
        [](Point& p) { p.name = p.database = p.retention_policy = ""; });
    add("a point with the time 0", [](Point& p) { p.time = 0; });
    add("a point with the earliest time there is", [](Point& p) { p.time = std::numeric_limits<int64_t>::min(); });
    add("a point with the latest time there is", [](Point& p) { p.time = std::numeric_limits<int64_t>::max(); });
    all.push_back({"two points of the same time", of({point(100), point(100)})});
    all.push_back({"points whose time goes back", of({point(106), point(103), point(100)})});
    return all;
}

std::vector<Inputs::Unusual> Inputs::unusual_batches() const {
    std::vector<Unusual> all;
    const auto add = [&](const char* what, Batch b) {
        Input input;
        input.batches.push_back(std::move(b));
        all.push_back({what, std::move(input)});
    };
    const auto group = [&](size_t count) {
        std::vector<Point> points;
        for (size_t i = 0; i < count; ++i) points.push_back(point(i * kGroups));
        return points;
    };
    add("an empty batch", batch({}));
    add("a batch of one point", batch(group(1)));
    add("a batch of two points", batch(group(2)));
    add("a batch of 100,000 points", batch(group(100'000)));
    add("a batch of points of one value", [&] {
        auto points = group(20);
        for (Point& p : points) p.fields = points.front().fields;
        return batch(std::move(points));
    }());
    add("a batch of points of one time", [&] {
        auto points = group(20);
        for (Point& p : points) p.time = points.front().time;
        return batch(std::move(points));
    }());
    add("a batch whose points have other fields", [&] {
        auto points = group(5);
        for (Point& p : points) p.fields = {{"other", 1.0}};
        return batch(std::move(points));
    }());
    add("a batch of which some points have other fields", [&] {
        auto points = group(6);
        for (size_t i = 0; i < points.size(); i += 2) points[i].fields = {{"other", 1.0}};
        return batch(std::move(points));
    }());
    add("a batch of a whole measurement, without tags", [&] {
        Batch b = batch(group(3));
        b.tags.clear();
        b.group.clear();
        for (Point& p : b.points) p.dimensions.clear(), p.group.clear();
        return b;
    }());
    add("a batch without a name", [&] {
        Batch b = batch(group(3));
        b.name.clear();
        return b;
    }());
    return all;
}

}  // namespace check
