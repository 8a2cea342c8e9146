// SPDX-License-Identifier: MIT
#include "wire/any_point.h"

#include <bit>

#include "wire/duplicate_keys.h"

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

}  // namespace

bool parse_tag_entry(Cursor& in, udf_tag& tag) noexcept {
    std::string_view bytes;
    RawEntry entry;
    if (!in.bytes(bytes) || !parse_entry(bytes, kBytes, entry)) return false;
    tag = {entry.key, entry.text};
    return true;
}

bool parse_flag(Cursor& in, uint32_t& flag) noexcept {
    uint64_t value;
    if (!in.varint(value)) return false;
    flag = value != 0;
    return true;
}

bool parse_any_point(std::string_view body, udf_point& point, Origin& origin, PointMembers& next) {
    udf_field* const first_field = next.fields;
    udf_tag* const first_tag = next.tags;
    Duplicates<udf_field> field_keys;
    Duplicates<udf_tag> tag_keys;
    Cursor in(body);
    const auto add_field = [&](uint32_t type, const char* start) {
        udf_field& field = *next.fields;
        if (!parse_field_entry(in, type, field)) return false;
        if (&field == first_field) origin.fields_begin = static_cast<uint32_t>(start - body.data());
        if (udf_field* twin = field_keys.find({first_field, &field}, {field.name.data, field.name.size}, type))
            *twin = field;
        else
            ++next.fields;
        return true;
    };
    const auto add_tag = [&] {
        udf_tag& tag = *next.tags;
        if (!parse_tag_entry(in, tag)) return false;
        if (udf_tag* twin = tag_keys.find({first_tag, &tag}, {tag.key.data, tag.key.size}, 0))
            *twin = tag;
        else
            ++next.tags;
        return true;
    };
    const auto parse_other = [&](uint32_t tag) {
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
                return in.bytes(*next.dimensions++);
            case tag_of(7, kBytes):
                return add_tag();
            default:
                return in.skip(tag);
        }
    };

    while (!in.done()) {
        const char* const start = in.at();
        uint32_t tag;
        if (!in.tag(tag)) return false;
        bool ok;
        switch (tag) {
            case tag_of(8, kBytes):
                ok = add_field(UDF_DOUBLE, start);
                break;
            case tag_of(9, kBytes):
                ok = add_field(UDF_INT, start);
                break;
            case tag_of(10, kBytes):
                ok = add_field(UDF_STRING, start);
                break;
            case tag_of(12, kBytes):
                ok = add_field(UDF_BOOL, start);
                break;
            case tag_of(11, kVarint):
                if (next.fields == first_field) origin.fields_last = false;
                ok = parse_flag(in, point.by_name);
                break;
            default:
                if (next.fields != first_field) origin.fields_last = false;
                ok = parse_other(tag);
        }
        if (!ok) return false;
    }
    return true;
}

}  // namespace wire
