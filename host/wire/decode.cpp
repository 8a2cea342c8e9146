// SPDX-License-Identifier: MIT
#include "wire/decode.h"

#include <bit>

#include "wire/duplicate_keys.h"
#include "wire/protobuf.h"

namespace wire {
namespace {

// The value of a map entry as it stands before its type is known.
struct RawEntry {
    udf_str key{nullptr, 0};
    uint64_t number = 0;
    udf_str text{nullptr, 0};
};

bool parse_entry(std::string_view bytes, WireType value_type, RawEntry& entry) noexcept {
    Cursor in(bytes);
    while (!in.done()) {
        uint32_t tag;
        if (!in.tag(tag)) return false;
        bool ok;
        if (tag == tag_of(1, kBytes))
            ok = in.bytes(entry.key);
        else if (tag != tag_of(2, value_type))
            ok = in.skip(tag);
        else if (value_type == kBytes)
            ok = in.bytes(entry.text);
        else if (value_type == kFixed64)
            ok = in.fixed64(entry.number);
        else
            ok = in.varint(entry.number);
        if (!ok) return false;
    }
    return true;
}

bool parse_tag_entry(Cursor& in, udf_tag& tag) noexcept {
    std::string_view bytes;
    RawEntry entry;
    if (!in.bytes(bytes) || !parse_entry(bytes, kBytes, entry)) return false;
    tag = {entry.key, entry.text};
    return true;
}

bool parse_field_entry(Cursor& in, uint32_t type, udf_field& field) noexcept {
    static constexpr WireType wire_types[] = {kVarint, kVarint, kFixed64, kBytes};  // by UDF_BOOL ... UDF_STRING
    std::string_view bytes;
    RawEntry entry;
    if (!in.bytes(bytes) || !parse_entry(bytes, wire_types[type], entry)) return false;
    field.name = entry.key;
    field.value.type = type;
    field.value.size = 0;
    if (type == UDF_STRING) {
        field.value.as.s = entry.text.data;
        field.value.size = static_cast<uint32_t>(entry.text.size);
    } else if (type == UDF_DOUBLE) {
        field.value.as.f = std::bit_cast<double>(entry.number);
    } else {
        field.value.as.i = type == UDF_BOOL ? entry.number != 0 : static_cast<int64_t>(entry.number);
    }
    return true;
}

bool parse_flag(Cursor& in, uint32_t& flag) noexcept {
    uint64_t value;
    if (!in.varint(value)) return false;
    flag = value != 0;
    return true;
}

}  // namespace

// ---- PointRun ----

void PointRun::clear() noexcept {
    points_.clear();
    origins_.clear();
    fields_.clear();
    tags_.clear();
    dimensions_.clear();
    ++generation_;
}

// Makes room for one more item; where the array moves, the points that look into it follow.
template <class T>
void PointRun::ensure_room(std::vector<T>& items, std::vector<udf_point>& points, size_t begin,
                           const T* udf_point::*member) {
    if (items.size() < items.capacity()) return;
    const T* before = items.data();
    items.reserve(items.empty() ? 256 : items.size() * 2);
    for (udf_point& p : points)
        if (p.*member >= before && p.*member < before + begin) p.*member = items.data() + (p.*member - before);
}

bool PointRun::add(std::string_view body, std::string_view frame) {
    const size_t fields = fields_.size(), tags = tags_.size(), dimensions = dimensions_.size();
    udf_point point{};
    Origin origin{frame, body, body.size()};
    if (!parse(body, point, origin)) {
        fields_.resize(fields);
        tags_.resize(tags);
        dimensions_.resize(dimensions);
        return false;
    }
    point.fields = fields_.data() + fields;
    point.tags = tags_.data() + tags;
    point.dimensions = dimensions_.data() + dimensions;
    point.field_count = static_cast<uint32_t>(fields_.size() - fields);
    point.tag_count = static_cast<uint32_t>(tags_.size() - tags);
    point.dimension_count = static_cast<uint32_t>(dimensions_.size() - dimensions);
    static_assert(sizeof(void*) == 8, "the note of origin holds a generation and an index");
    point.origin = reinterpret_cast<const void*>(generation_ << 24 | (points_.size() + 1));
    points_.push_back(point);
    origins_.push_back(origin);
    return true;
}

bool PointRun::add(std::string_view body, std::string_view frame, const BatchHeader& header) {
    if (!add(body, frame)) return false;
    udf_point& point = points_.back();
    origins_.back().in_batch = true;
    point.name = header.batch.name;
    point.by_name = header.batch.by_name;
    point.dimensions = header.dimensions.data();
    point.dimension_count = static_cast<uint32_t>(header.dimensions.size());
    if (!point.group.size) point.group = header.batch.group;
    return true;
}

PointRun::Source PointRun::source_of(const udf_point& point) const noexcept {
    const auto note = reinterpret_cast<uint64_t>(point.origin);
    const size_t index = (note & 0xffffff) - 1;
    if (note >> 24 != (generation_ & 0xffffffffff) || index >= points_.size()) return {nullptr, nullptr};
    return {&points_[index], &origins_[index]};
}

bool PointRun::parse(std::string_view body, udf_point& point, Origin& origin) {
    const size_t first_field = fields_.size(), first_tag = tags_.size();
    Duplicates<udf_field> field_keys;
    Duplicates<udf_tag> tag_keys;

    const auto add_field = [&](Cursor& in, uint32_t type, const char* start) {
        udf_field field;
        if (!parse_field_entry(in, type, field)) return false;
        const std::span before(fields_.data() + first_field, fields_.size() - first_field);
        if (before.empty()) origin.fields_begin = static_cast<size_t>(start - body.data());
        if (udf_field* twin = field_keys.find(before, {field.name.data, field.name.size}, type)) {
            *twin = field;
            return true;
        }
        ensure_room(fields_, points_, first_field, &udf_point::fields);
        fields_.push_back(field);
        return true;
    };
    const auto add_tag = [&](Cursor& in) {
        udf_tag tag;
        if (!parse_tag_entry(in, tag)) return false;
        const std::span before(tags_.data() + first_tag, tags_.size() - first_tag);
        if (udf_tag* twin = tag_keys.find(before, {tag.key.data, tag.key.size}, 0)) {
            *twin = tag;
            return true;
        }
        ensure_room(tags_, points_, first_tag, &udf_point::tags);
        tags_.push_back(tag);
        return true;
    };
    const auto add_dimension = [&](Cursor& in) {
        udf_str name;
        if (!in.bytes(name)) return false;
        ensure_room(dimensions_, points_, dimensions_.size(), &udf_point::dimensions);
        dimensions_.push_back(name);
        return true;
    };
    const auto parse_other = [&](Cursor& in, uint32_t tag) {
        uint64_t number;
        switch (tag) {
            case tag_of(1, kVarint):
                if (!in.varint(number)) return false;
                point.time = static_cast<int64_t>(number);
                return true;
            case tag_of(2, kBytes):
                return in.bytes(point.name);
            case tag_of(3, kBytes):
                return in.bytes(point.database);
            case tag_of(4, kBytes):
                return in.bytes(point.retention_policy);
            case tag_of(5, kBytes):
                return in.bytes(point.group);
            case tag_of(6, kBytes):
                return add_dimension(in);
            case tag_of(7, kBytes):
                return add_tag(in);
            default:
                return in.skip(tag);
        }
    };

    Cursor in(body);
    while (!in.done()) {
        const char* start = in.at();
        uint32_t tag;
        if (!in.tag(tag)) return false;
        bool ok;
        switch (tag) {
            case tag_of(8, kBytes):
                ok = add_field(in, UDF_DOUBLE, start);
                break;
            case tag_of(9, kBytes):
                ok = add_field(in, UDF_INT, start);
                break;
            case tag_of(10, kBytes):
                ok = add_field(in, UDF_STRING, start);
                break;
            case tag_of(12, kBytes):
                ok = add_field(in, UDF_BOOL, start);
                break;
            case tag_of(11, kVarint):
                if (fields_.size() == first_field) origin.fields_last = false;
                ok = parse_flag(in, point.by_name);
                break;
            default:
                if (fields_.size() > first_field) origin.fields_last = false;
                ok = parse_other(in, tag);
        }
        if (!ok) return false;
    }
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
