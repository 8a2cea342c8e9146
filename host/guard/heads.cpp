// SPDX-License-Identifier: MIT
#include "guard/heads.h"

#include <algorithm>

#include "guard/names.h"
#include "guard/tags.h"

namespace guard {
namespace {

constexpr size_t kMostText = size_t{64} << 20;  // bytes, of all groups

std::span<const udf_str> dimensions_of(const udf_point& p) noexcept { return {p.dimensions, p.dimension_count}; }

bool same_order(std::span<const udf_str> a, std::span<const udf_str> b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](udf_str x, udf_str y) { return equal(view(x), view(y)); });
}

bool same_names(std::span<const udf_str> a, std::span<const udf_str> b) {
    if (a.size() != b.size()) return false;
    const auto sorted = [](std::span<const udf_str> names) {
        std::vector<std::string_view> views;
        for (const udf_str name : names) views.push_back(view(name));
        std::sort(views.begin(), views.end());
        return views;
    };
    return sorted(a) == sorted(b);
}

}  // namespace

// ---- The table ----

Heads::Kept::Kept(const udf_point& p) : point{} {
    size_t size = p.name.size + p.database.size + p.retention_policy.size + p.group.size;
    for (const udf_str dimension : dimensions_of(p)) {
        size += dimension.size;
        const udf_tag* const tag = find_tag(tags_of(p), view(dimension));
        if (tag) size += tag->value.size;
    }
    text.reserve(size);  // so that it stays where it is
    const auto keep = [&](udf_str s) {
        text += view(s);
        return udf_str{text.data() + text.size() - s.size, s.size};
    };
    for (const udf_str dimension : dimensions_of(p)) {
        dimensions.push_back(keep(dimension));
        if (const udf_tag* const tag = find_tag(tags_of(p), view(dimension)))
            tags.push_back({dimensions.back(), keep(tag->value)});
    }
    point.name = keep(p.name);
    point.database = keep(p.database);
    point.retention_policy = keep(p.retention_policy);
    point.group = keep(p.group);
    point.by_name = p.by_name;
    point.dimensions = dimensions.data();
    point.dimension_count = static_cast<uint32_t>(dimensions.size());
    point.tags = tags.data();
    point.tag_count = static_cast<uint32_t>(tags.size());
}

void Heads::see(std::span<const udf_point> points) {
    if (!learns_) return;
    for (const udf_point& point : points) see(point);
}

void Heads::see(const udf_point& point) {
    if (last_ && !equal(view(last_->name), view(point.name))) one_name_ = false;
    if (last_ && equal(view(last_->group), view(point.group))) return;
    if (last_) one_group_ = false;
    const auto found = groups_.find(view(point.group));
    if (found != groups_.end()) {
        last_ = &found->second.point;
    } else if (groups_.size() < kMostGroups && text_size_ < kMostText) {
        const auto added = groups_.try_emplace(std::string(view(point.group)), point).first;
        last_ = &added->second.point;
        text_size_ += added->first.size() + added->second.text.size();
    }
}

void Heads::learn(const wire::PointRun& run) {
    if (learns_) return;
    learns_ = true;
    see(run.points());
}

// ---- Finding ----

Heads::Head Heads::find(const udf_point& point, const wire::PointRun& run) {
    const Head head = find(point.group, run);
    // A group that is not known, or dimensions of its own without a group: it was told otherwise.
    if (head.point && !point.group.size && point.dimension_count) return {head.point, false, head.in_run};
    return head;
}

Heads::Head Heads::find(udf_str group, const wire::PointRun& run) {
    const std::span points = run.points();
    if (group.size) {
        for (size_t i = 0; i < points.size(); ++i) {
            if (hint_ >= points.size()) hint_ = 0;
            if (equal(view(points[hint_].group), view(group))) return {&points[hint_], true, true};
            ++hint_;
        }
        if (const auto found = groups_.find(view(group)); found != groups_.end())
            return {&found->second.point, true, false};
    }
    const udf_point* const last = points.empty() ? last_ : &points.back();
    if (!learns_ || last == nullptr || !one_name_) return {};
    return {last, one_group_ && (group.size == 0 || equal(view(group), view(last->group))), !points.empty()};
}

// ---- Inheriting ----

bool add_missing_tags(const udf_tag*& tags, uint32_t& count, std::span<const udf_str> wanted,
                      std::span<const udf_tag> from, Memory& memory) {
    const std::span<const udf_tag> had{tags, count};
    std::vector<udf_tag> all;
    for (const udf_str key : wanted) {
        if (find_tag(had, view(key))) continue;
        const udf_tag* const tag = find_tag(from, view(key));
        if (tag == nullptr) continue;
        if (all.empty()) all.assign(had.begin(), had.end());
        all.push_back(*tag);
    }
    if (all.empty()) return false;
    const auto kept = memory.keep(std::span<const udf_tag>(all));
    tags = kept.data();
    count = static_cast<uint32_t>(kept.size());
    return true;
}

udf_point inherit(const udf_point& point, const Heads::Head& head, Memory& memory) {
    udf_point p = point;
    if (head.point == nullptr) return p;
    const udf_point& from = *head.point;
    if (!p.name.size && from.name.size) p.name = from.name;
    if (!p.database.size && from.database.size) p.database = from.database;
    if (!p.retention_policy.size && from.retention_policy.size) p.retention_policy = from.retention_policy;
    if (!head.of_group) return p;
    const bool told_nothing = p.dimension_count == 0 && !p.by_name;
    if (told_nothing || same_names(dimensions_of(p), dimensions_of(from))) {
        if (from.by_name) p.by_name = from.by_name;
        if (!same_order(dimensions_of(p), dimensions_of(from))) {
            p.dimensions = from.dimensions;
            p.dimension_count = from.dimension_count;
        }
        if (!p.group.size && from.group.size) p.group = from.group;
    }
    add_missing_tags(p.tags, p.tag_count, dimensions_of(p), tags_of(from), memory);
    return p;
}

}  // namespace guard
