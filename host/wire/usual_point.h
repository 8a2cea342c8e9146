// SPDX-License-Identifier: MIT
//
// A Point as Kapacitor writes it, parsed in place: members in the order of their numbers, entries
// with the key first, all lengths below 128 (of the strings of fields: 16384). This form is parsed
// with the position in a register and without a loop over what might come: a third of the
// instructions of any_point.h. Inline throughout: out of line a point costs 40 to 80 more of them.
#pragma once

#include <udf_plugin.h>

#include <bit>
#include <string_view>

#include "wire/any_point.h"
#include "wire/decode.h"
#include "wire/duplicate_keys.h"
#include "wire/frame.h"
#include "wire/protobuf.h"

namespace wire {

// NaN or an infinity: the exponent is all ones. Looks at the upper half alone, which takes no large constant.
[[gnu::always_inline]] inline bool non_finite(double value) noexcept {
    return static_cast<uint32_t>(std::bit_cast<uint64_t>(value) >> 32) << 1 >= 0xffe00000u;
}

// A string of member `tag` at `at`: sets `value` and returns its end; `at` where another member is
// there, and null where its form is not the usual one.
[[gnu::always_inline]] inline const char* usual_string(const char* at, const char* end, uint32_t tag,
                                                       udf_str& value) noexcept {
    if (at == nullptr || end - at < 2 || static_cast<uint8_t>(*at) != tag) return at;
    const auto size = static_cast<uint8_t>(at[1]);
    if (size >= 0x80 || size > end - at - 2) return nullptr;
    value.data = at + 2;
    value.size = size;
    return at + 2 + size;
}

// The entry of a map: where its key and the rest, which begins with the value's tag, are.
struct UsualEntry {
    udf_str key;
    const char* value;
    const char* end;  // null where the form is not the usual one
};
[[gnu::always_inline]] inline UsualEntry usual_entry(const char* at, const char* end) noexcept {
    constexpr ptrdiff_t kLeast = 6;  // the member's tag and size, the key's, the value's tag and a byte
    UsualEntry entry{};
    if (end - at < kLeast) return entry;
    size_t size = static_cast<uint8_t>(at[1]);
    at += 2;
    if (size >= 0x80) {
        const auto high = static_cast<uint8_t>(*at++);
        if (high >= 0x80) return entry;
        size = (size & 0x7f) | size_t{high} << 7;
    }
    const auto key_size = static_cast<uint8_t>(at[1]);
    if (size > static_cast<size_t>(end - at) || static_cast<uint8_t>(at[0]) != tag_of(1, kBytes) || key_size >= 0x80 ||
        size_t{key_size} + 4 > size)
        return entry;
    return {{at + 2, key_size}, at + 2 + key_size, at + size};
}

// The value of an entry from its tag to its end, a string.
[[gnu::always_inline]] inline bool usual_text(const UsualEntry& entry, udf_str& value) noexcept {
    size_t size = static_cast<uint8_t>(entry.value[1]);
    const char* at = entry.value + 2;
    if (static_cast<uint8_t>(entry.value[0]) != tag_of(2, kBytes)) return false;
    if (size >= 0x80) {
        if (at == entry.end) return false;
        const auto high = static_cast<uint8_t>(*at++);
        if (high >= 0x80) return false;
        size = (size & 0x7f) | size_t{high} << 7;
    }
    value.data = at;
    value.size = size;
    return size == static_cast<size_t>(entry.end - at);
}

[[gnu::always_inline]] inline bool usual_value(const UsualEntry& entry, uint32_t type, udf_value& value) noexcept {
    value.size = 0;
    value.type = type;
    const auto tag = static_cast<uint8_t>(*entry.value);
    if (type == UDF_DOUBLE) {
        uint64_t bits = 0;
        if (tag != tag_of(2, kFixed64) || entry.end - entry.value != 9) return false;
        (void)Cursor({entry.value + 1, 8}).fixed64(bits);
        value.as.f = std::bit_cast<double>(bits);
        return true;
    }
    if (type == UDF_STRING) {
        udf_str text;
        if (!usual_text(entry, text)) return false;
        value.as.s = text.data;
        value.size = static_cast<uint32_t>(text.size);
        return true;
    }
    uint64_t number = 0;
    Cursor in({entry.value + 1, static_cast<size_t>(entry.end - entry.value - 1)});
    if (tag != tag_of(2, kVarint) || !in.varint(number) || !in.done()) return false;
    // In the shortest form, so that its size follows from the value.
    if (varint_size(number) != static_cast<size_t>(in.at() - entry.value - 1) || (type == UDF_BOOL && number > 1))
        return false;
    value.as.i = static_cast<int64_t>(number);
    return true;
}

// As parse_any_point(). False where the point is not of this form, or none at all.
[[gnu::always_inline]] inline bool parse_usual_point(std::string_view body, udf_point& point, Origin& origin,
                                                     PointMembers& next) {
    const char* at = body.data();
    const char* const end = at + body.size();
    const auto here = [&](uint32_t tag) { return at != end && static_cast<uint8_t>(*at) == tag; };

    if (here(tag_of(1, kVarint))) {
        Cursor in({at + 1, static_cast<size_t>(end - at - 1)});
        uint64_t number = 0;
        if (!in.varint(number)) return false;
        point.time = static_cast<int64_t>(number);
        at = in.at();
    }
    at = usual_string(at, end, tag_of(2, kBytes), point.name);
    at = usual_string(at, end, tag_of(3, kBytes), point.database);
    at = usual_string(at, end, tag_of(4, kBytes), point.retention_policy);
    at = usual_string(at, end, tag_of(5, kBytes), point.group);
    if (at == nullptr) return false;

    udf_str* dimension = next.dimensions;
    while (here(tag_of(6, kBytes))) {
        const char* const after = usual_string(at, end, tag_of(6, kBytes), *dimension++);
        if (after == nullptr || after == at) return false;
        at = after;
    }

    udf_tag* const first_tag = next.tags;
    udf_tag* tag = first_tag;
    Duplicates<udf_tag> tag_keys;
    for (; here(tag_of(7, kBytes)); ++tag) {
        const UsualEntry entry = usual_entry(at, end);
        if (entry.end == nullptr || !usual_text(entry, tag->value)) return false;
        tag->key.data = entry.key.data;
        tag->key.size = entry.key.size;
        if (tag != first_tag && tag_keys.find({first_tag, tag}, {entry.key.data, entry.key.size}, 0)) return false;
        at = entry.end;
    }

    origin.fields_begin = static_cast<uint32_t>(at - body.data());
    udf_field* const first_field = next.fields;
    udf_field* field = first_field;
    Duplicates<udf_field> field_keys;
    const auto fields = [&](uint32_t member, uint32_t type) __attribute__((always_inline)) {
        for (; here(member); ++field) {
            const UsualEntry entry = usual_entry(at, end);
            if (entry.end == nullptr || !usual_value(entry, type, field->value)) return false;
            if (type == UDF_DOUBLE && non_finite(field->value.as.f)) [[unlikely]]
                origin.non_finite = true;
            field->name.data = entry.key.data;
            field->name.size = entry.key.size;
            if (field != first_field && field_keys.find({first_field, field}, {entry.key.data, entry.key.size}, type))
                return false;
            at = entry.end;
        }
        return true;
    };
    if (!fields(tag_of(8, kBytes), UDF_DOUBLE) || !fields(tag_of(9, kBytes), UDF_INT) ||
        !fields(tag_of(10, kBytes), UDF_STRING))
        return false;
    if (here(tag_of(11, kVarint))) {
        if (field == first_field || end - at < 2 || static_cast<uint8_t>(at[1]) > 1) return false;
        point.by_name = static_cast<uint8_t>(at[1]);
        at += 2;
    }
    if (!fields(tag_of(12, kBytes), UDF_BOOL) || at != end) return false;
    next = {field, tag, dimension};
    origin.usual = true;
    return true;
}

}  // namespace wire
