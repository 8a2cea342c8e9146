// SPDX-License-Identifier: MIT
#include "guard/guard.h"

#include <algorithm>
#include <utility>

#include "wire/check.h"
#include "wire/difference.h"

namespace guard {
namespace {

std::span<const udf_field> fields_of(const udf_point& p) noexcept { return {p.fields, p.field_count}; }

bool readable(const udf_point& p) noexcept {
    return wire::check_head(p) == wire::Encoded::ok && wire::check_fields(p) == wire::Encoded::ok;
}

bool readable(const udf_batch& b) noexcept {
    return !wire::missing(b.points, b.point_count) && wire::check_strings(b.name, b.group) == wire::Encoded::ok &&
           wire::check_tags(b.tags, b.tag_count) == wire::Encoded::ok;
}

bool same_array(const udf_str* a, size_t a_count, const udf_str* b, size_t b_count) noexcept {
    return a == b && a_count == b_count;
}

}  // namespace

Guard::Guard(std::string algorithm, const Policy& policy, std::atomic<uint64_t>* counts)
    : ledger_(std::move(algorithm), policy, counts),
      batch_limit_(policy.batch_limit),
      tags_(ledger_, memory_),
      fields_(ledger_, memory_, policy.non_finite) {}

Guard::Checked Guard::check(std::span<const udf_point> points, const wire::PointRun& run) try {
    if (ledger_.all_off()) return {points, {}};
    memory_.clear();
    return {check_points(points, run, nullptr), {}};
} catch (const Refused& refused) {
    return {{}, refused.problem};
}

Guard::CheckedBatch Guard::check(const udf_batch& batch, const wire::PointRun& run,
                                 const wire::BatchHeader* input) try {
    if (ledger_.all_off() || !readable(batch)) return {&batch, {}};
    memory_.clear();
    if (batch.point_count > batch_limit_ &&
        ledger_.found(
            {Rule::batch_limit, "too many points in a batch", "dropped a batch of too many points", {}, batch.group}))
        return {nullptr, {}};
    batch_ = batch;
    mend_header(batch_, run, input);
    const std::span points = check_points({batch.points, batch.point_count}, run, &batch_);
    batch_.points = points.data();
    batch_.point_count = points.size();
    int64_t last = batch_.tmax;
    for (const udf_point& point : points) last = std::max(last, point.time);
    if (last != batch_.tmax &&
        ledger_.found({Rule::tmax, "a tmax before the points of a batch", "raised tmax of a batch", {}, batch.group}))
        batch_.tmax = last;
    return {wire::same_bits(batch_, batch) ? &batch : &batch_, {}};
} catch (const Refused& refused) {
    return {nullptr, refused.problem};
}

// The points themselves, or those of memory_; of a batch where there is one.
std::span<const udf_point> Guard::check_points(std::span<const udf_point> points, const wire::PointRun& run,
                                               const udf_batch* batch) {
    const bool looks_closer = run.has_non_finite() && ledger_.on(Rule::non_finite);
    if (!looks_closer && run.holds(points)) return points;
    size_t clean_ones = 0;
    while (clean_ones < points.size() && clean(points[clean_ones], run, batch)) ++clean_ones;
    if (clean_ones == points.size()) return points;

    std::vector<udf_point>& mended = memory_.points();
    bool changed = false;
    for (size_t i = clean_ones; i < points.size(); ++i) {
        if (i != clean_ones && clean(points[i], run, batch)) {
            if (changed) mended.push_back(points[i]);
            continue;
        }
        udf_point point = points[i];
        const bool stays = mend(point, run, batch);
        if (stays && !changed && wire::same_bits(point, points[i])) continue;
        if (!changed) mended.assign(points.begin(), points.begin() + static_cast<ptrdiff_t>(i));
        changed = true;
        if (stays) mended.push_back(point);
    }
    return changed ? std::span<const udf_point>(mended) : points;
}

// Whether the point is one of the run, or one with other fields in which nothing is wrong. What is left is not wrong
// yet: mend() sees.
bool Guard::clean(const udf_point& point, const wire::PointRun& run, const udf_batch* batch) {
    const auto [source, origin] = run.source_of(point);
    if (source == nullptr) return false;
    const wire::Difference differs = wire::difference(point, *source);
    if (differs.others || (origin->non_finite && ledger_.on(Rule::non_finite))) return false;
    if (!differs.fields) return true;
    if (wire::check_array(point.fields, point.field_count) != wire::Encoded::ok) return true;
    return fields_.clean(fields_of(point), fields_of(*source), view(batch ? batch->name : point.name));
}

// Brings the point into order; false where it is dropped.
bool Guard::mend(udf_point& point, const wire::PointRun& run, const udf_batch* batch) {
    if (!readable(point)) return true;
    const auto [source, origin] = run.source_of(point);
    if (batch) {
        if (!source && !mend_time(point, nullptr, run)) return false;
        std::vector<udf_str> wanted;
        const bool other_tags = !source || point.tags != source->tags || point.tag_count != source->tag_count;
        for (const udf_tag& tag : std::span(batch->tags, other_tags ? batch->tag_count : 0)) wanted.push_back(tag.key);
        const udf_tag* tags = point.tags;
        uint32_t count = point.tag_count;
        if (ledger_.on(Rule::group) &&
            add_missing_tags(tags, count, wanted, {batch->tags, batch->tag_count}, memory_) &&
            ledger_.found({Rule::group,
                           "a point without the tags of its batch",
                           "added the tags of its batch to a point",
                           {},
                           batch->group})) {
            point.tags = tags;
            point.tag_count = count;
        }
        if (!source || !same(point.group, source->group))
            mend_text(point.group, Breaks::allowed, {"the group", {}, point.group}, ledger_, memory_);
    } else {
        if (!complete_head(point, source, run)) return false;
        mend_head(point, source);
        const bool no_name = point.name.size == 0 && !(source && source->name.size == 0);
        if (no_name &&
            ledger_.found(
                {Rule::incomplete, "a point without a name", "dropped a point without a name", {}, point.group}))
            return false;
    }
    tags_.mend(point.tags, point.tag_count, source ? tags_of(*source) : std::span<const udf_tag>(), point.group);
    const Fields::Known known{source ? fields_of(*source) : std::span<const udf_field>(), source && origin->non_finite};
    return fields_.mend(point, known, view(batch ? batch->name : point.name));
}

// What the point of a stream lacks of its head comes from the input, and so does its time.
bool Guard::complete_head(udf_point& point, const udf_point* source, const wire::PointRun& run) {
    const bool on = ledger_.on(Rule::group);
    if (source) {
        udf_point whole = point;
        if (!whole.name.size) whole.name = source->name;
        const bool other_tags = point.tags != source->tags || point.tag_count != source->tag_count;
        if (on && other_tags &&
            same_array(point.dimensions, point.dimension_count, source->dimensions, source->dimension_count))
            add_missing_tags(whole.tags, whole.tag_count, {point.dimensions, point.dimension_count}, tags_of(*source),
                             memory_);
        if (on && !wire::same_bits(whole, point) &&
            ledger_.found({Rule::group,
                           "a point that lost its name or the tag of a dimension",
                           "gave back the name or the tag of a dimension to a point",
                           {},
                           point.group}))
            point = whole;
        return true;
    }
    bool lacks = !point.name.size || !point.database.size || (!point.dimension_count && !point.by_name);
    for (uint32_t i = 0; i < point.dimension_count && !lacks; ++i)
        lacks = find_tag(tags_of(point), view(point.dimensions[i])) == nullptr;
    if (lacks) heads_.learn(run);
    const Heads::Head head = heads_.find(point, run);
    if (!mend_time(point, head.of_group && head.in_run ? head.point : nullptr, run)) return false;
    if (!on) return true;
    const udf_point whole = inherit(point, head, memory_);
    if (!wire::same_bits(whole, point) &&
        ledger_.found({Rule::group,
                       "a point without its name, database or dimensions as they came",
                       "completed a point as its group is",
                       {},
                       whole.group}))
        point = whole;
    return true;
}

// A time of 0 in a point built from nothing was forgotten.
bool Guard::mend_time(udf_point& point, const udf_point* head, const wire::PointRun& run) {
    if (point.time != 0 || !ledger_.on(Rule::incomplete)) return true;
    if (head == nullptr && !run.points().empty()) head = &run.points().back();
    ledger_.found({Rule::incomplete,
                   "a point without a time",
                   head ? "gave the time of the input to a point" : "dropped a point without a time",
                   {},
                   point.group});
    if (head == nullptr) return false;
    point.time = head->time;
    return true;
}

// The strings of a head that are not those of the source.
void Guard::mend_head(udf_point& point, const udf_point* source) {
    const auto mend = [&](udf_str& text, const udf_str* trusted, Breaks breaks, const char* what) {
        if (trusted && same(text, *trusted)) return;
        mend_text(text, breaks, {what, text, point.group}, ledger_, memory_);
    };
    mend(point.name, source ? &source->name : nullptr, Breaks::replaced, "the name");
    mend(point.database, source ? &source->database : nullptr, Breaks::allowed, "the database");
    mend(point.retention_policy, source ? &source->retention_policy : nullptr, Breaks::allowed, "the retention policy");
    mend(point.group, source ? &source->group : nullptr, Breaks::allowed, "the group");
    if (source && same_array(point.dimensions, point.dimension_count, source->dimensions, source->dimension_count))
        return;
    std::vector<udf_str> names(point.dimensions, point.dimensions + point.dimension_count);
    bool changed = false;
    for (udf_str& name : names)
        if (mend_text(name, Breaks::replaced, {"the dimension", name, point.group}, ledger_, memory_)) changed = true;
    if (changed) point.dimensions = memory_.keep(std::span<const udf_str>(names)).data();
}

// What a batch lacks of its header comes from the batch that came, or else from the group of points that did.
void Guard::complete_header(udf_batch& batch, const wire::PointRun& run, const wire::BatchHeader* input) {
    const bool told_no_group = !batch.tag_count && !batch.by_name;
    if (!ledger_.on(Rule::group) || (batch.name.size && !told_no_group)) return;
    udf_point as_point{};
    Heads::Head head;
    if (input) {
        as_point.name = input->batch.name;
        as_point.group = input->batch.group;
        as_point.by_name = input->batch.by_name;
        as_point.dimensions = input->dimensions.data();
        as_point.dimension_count = static_cast<uint32_t>(input->dimensions.size());
        as_point.tags = input->tags.data();
        as_point.tag_count = static_cast<uint32_t>(input->tags.size());
        head = {&as_point, !batch.group.size || equal(view(batch.group), view(as_point.group)), true};
    } else {
        heads_.learn(run);
        head = heads_.find(batch.group, run);
    }
    if (head.point == nullptr) return;
    const udf_point& from = *head.point;
    udf_batch whole = batch;
    if (!whole.name.size && from.name.size) whole.name = from.name;
    if (told_no_group && head.of_group) {
        whole.by_name = from.by_name;
        if (!whole.group.size && from.group.size) whole.group = from.group;
        add_missing_tags(whole.tags, whole.tag_count, {from.dimensions, from.dimension_count}, tags_of(from), memory_);
    }
    if (!wire::same_bits(whole, batch) &&
        ledger_.found(
            {Rule::group, "a batch without its name or tags", "completed a batch as its group is", {}, whole.group}))
        batch = whole;
}

void Guard::mend_header(udf_batch& batch, const wire::PointRun& run, const wire::BatchHeader* input) {
    const std::span<const udf_tag> input_tags =
        input ? std::span<const udf_tag>(input->tags) : std::span<const udf_tag>();
    complete_header(batch, run, input);
    if (!(input && same(batch.name, input->batch.name)))
        mend_text(batch.name, Breaks::replaced, {"the name of a batch", batch.name, batch.group}, ledger_, memory_);
    if (!(input && same(batch.group, input->batch.group)))
        mend_text(batch.group, Breaks::allowed, {"the group of a batch", {}, batch.group}, ledger_, memory_);
    tags_.mend(batch.tags, batch.tag_count, input_tags, batch.group);
}

}  // namespace guard
