// SPDX-License-Identifier: MIT
#include "wire/decode.h"

#include <algorithm>

#include "wire/any_point.h"
#include "wire/duplicate_keys.h"
#include "wire/protobuf.h"
#include "wire/usual_point.h"

namespace wire {
namespace {

// An upper limit of how many fields, tags and dimensions a message has: each takes two bytes at
// least. Those of large messages are counted, so as not to ask for memory in vain.
size_t count_members(std::string_view body) noexcept {
    constexpr size_t kSmall = 4096;
    if (body.size() <= kSmall) return body.size() / 2;
    size_t count = 0;
    Cursor in(body);
    for (uint32_t tag; !in.done() && in.tag(tag) && in.skip(tag);) ++count;
    return count;
}

}  // namespace

// ---- PointRun ----

void PointRun::clear() noexcept {
    points_.clear();
    origins_.clear();
    fields_.clear();
    tags_.clear();
    dimensions_.clear();
    end_to_end_ = true;
    non_finite_ = false;
    ++generation_;
}

bool PointRun::add(std::string_view body, size_t prefix) {
    static constexpr udf_point kBlank{};
    points_.push_back(kBlank);  // gcc makes a slow `rep stos` of emplace_back()
    udf_point& point = points_.back();
    Origin& origin = origins_.emplace_back();
    origin.bytes = body.data();
    origin.size = origin.fields_begin = static_cast<uint32_t>(body.size());
    origin.prefix = static_cast<uint8_t>(prefix);
    if (!parse(body, point, origin)) {
        points_.pop_back();
        origins_.pop_back();
        return false;
    }
    if (origins_.size() > 1 && origin.frame().data() != origins_.end()[-2].body().end()) end_to_end_ = false;
    if (origin.prefix == 0) end_to_end_ = false;
    if (origin.non_finite) non_finite_ = true;
    static_assert(sizeof(void*) == 8, "the note of origin holds a generation and an index");
    point.origin = reinterpret_cast<const void*>(generation_ << 24 | points_.size());
    return true;
}

bool PointRun::add(std::string_view body, size_t prefix, const BatchHeader& header) {
    if (!add(body, prefix)) return false;
    udf_point& point = points_.back();
    origins_.back().in_batch = true;
    point.name = header.batch.name;
    point.by_name = header.batch.by_name;
    point.dimensions = header.dimensions.data();
    point.dimension_count = static_cast<uint32_t>(header.dimensions.size());
    if (!point.group.size) point.group = header.batch.group;
    return true;
}

inline bool PointRun::parse(std::string_view body, udf_point& point, Origin& origin) {
    const size_t most = count_members(body) + 1;  // one may be cut off, but has a place
    PointMembers members{fields_.room(most), tags_.room(most), dimensions_.room(most)};
    point.fields = members.fields;
    point.tags = members.tags;
    point.dimensions = members.dimensions;
    if (!parse_usual_point(body, point, origin, members)) {
        members = {const_cast<udf_field*>(point.fields), const_cast<udf_tag*>(point.tags),
                   const_cast<udf_str*>(point.dimensions)};
        origin.fields_begin = origin.size;
        if (!parse_any_point(body, point, origin, members)) return false;
        origin.non_finite =
            std::any_of(point.fields, static_cast<const udf_field*>(members.fields),
                        [](const udf_field& f) { return f.value.type == UDF_DOUBLE && non_finite(f.value.as.f); });
    }
    point.field_count = static_cast<uint32_t>(members.fields - point.fields);
    point.tag_count = static_cast<uint32_t>(members.tags - point.tags);
    point.dimension_count = static_cast<uint32_t>(members.dimensions - point.dimensions);
    fields_.commit(members.fields);
    tags_.commit(members.tags);
    dimensions_.commit(members.dimensions);
    return true;
}

// ---- Batches ----

namespace {

// BeginBatch and EndBatch differ in their numbers only.
bool decode_header(std::string_view body, BatchHeader& header, uint32_t tags_number, uint32_t count_number,
                   int64_t& count) {
    header.batch = {};
    header.tags.clear();
    header.dimensions.clear();
    Duplicates<udf_tag> keys;
    Cursor in(body);
    while (!in.done()) {
        uint32_t tag;
        if (!in.tag(tag)) return false;
        bool ok;
        if (tag == tag_of(1, kBytes)) {
            ok = in.bytes(header.batch.name);
        } else if (tag == tag_of(2, kBytes)) {
            ok = in.bytes(header.batch.group);
        } else if (tag == tag_of(5, kVarint)) {
            ok = parse_flag(in, header.batch.by_name);
        } else if (tag == tag_of(count_number, kVarint)) {
            uint64_t number = 0;
            ok = in.varint(number);
            count = static_cast<int64_t>(number);
        } else if (tag == tag_of(tags_number, kBytes)) {
            udf_tag entry;
            ok = parse_tag_entry(in, entry);
            if (!ok) return false;
            if (udf_tag* twin = keys.find(header.tags, {entry.key.data, entry.key.size}, 0))
                *twin = entry;
            else
                header.tags.push_back(entry);
        } else {
            ok = in.skip(tag);
        }
        if (!ok) return false;
    }
    header.batch.tags = header.tags.data();
    header.batch.tag_count = static_cast<uint32_t>(header.tags.size());
    for (const udf_tag& t : header.tags) header.dimensions.push_back(t.key);
    return true;
}

}  // namespace

bool decode_begin(std::string_view body, BatchHeader& header) {
    int64_t size = 0;
    if (!decode_header(body, header, 3, 4, size)) return false;
    header.batch.point_count = size > 0 && size <= INT32_MAX ? static_cast<uint64_t>(size) : 0;
    return true;
}

bool decode_end(std::string_view body, BatchHeader& header) {
    int64_t tmax = 0;
    if (!decode_header(body, header, 4, 3, tmax)) return false;
    header.batch.tmax = tmax;
    return true;
}

// ---- Messages ----

Message open_message(std::string_view body) noexcept {
    Cursor in(body);
    uint32_t tag;
    std::string_view message;
    if (!in.tag(tag) || (tag & 7) != kBytes || !in.bytes(message) || !in.done()) return {Kind::none, {}};
    const uint32_t number = tag >> 3;
    if ((number < 1 || number > 6) && (number < 16 || number > 18)) return {Kind::none, {}};
    return {static_cast<Kind>(number), message};
}

}  // namespace wire
