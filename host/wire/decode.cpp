// SPDX-License-Identifier: MIT
#include "wire/decode.h"

#include <algorithm>
#include <bit>

#include "wire/duplicate_keys.h"
#include "wire/frame.h"
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

// NaN or an infinity: the exponent is all ones. Looks at the upper half alone, which takes no large constant.
[[gnu::always_inline]] inline bool non_finite(double value) noexcept {
    return static_cast<uint32_t>(std::bit_cast<uint64_t>(value) >> 32) << 1 >= 0xffe00000u;
}

// Where the next field, tag and dimension of a point go.
struct Members {
    udf_field* fields;
    udf_tag* tags;
    udf_str* dimensions;
};

// ---- A point in any form that protobuf allows ----

bool parse_any_point(std::string_view body, udf_point& point, Origin& origin, Members& next) {
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

// ---- A point as Kapacitor writes it ----
//
// Members in the order of their numbers, entries with the key first, all lengths below 128 (of the
// strings of fields: 16384). This form is parsed with the position in a register and without a
// loop over what might come: a third of the instructions of the above.

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

// False where the point is not of this form, or none at all: what was set so far is void then.
[[gnu::always_inline]] inline bool parse_usual_point(std::string_view body, udf_point& point, Origin& origin,
                                                     Members& next) {
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
    Members members{fields_.room(most), tags_.room(most), dimensions_.room(most)};
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
