// SPDX-License-Identifier: MIT
#include "wire/encode.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "wire/difference.h"
#include "wire/frame.h"
#include "wire/protobuf.h"

namespace wire {
namespace {

constexpr size_t kMaxPrefix = 2 * kMaxVarint + 2;  // frame length, tag, message length

// ---- Sizes ----

size_t string_size(udf_str s) noexcept { return s.size ? 1 + varint_size(s.size) + s.size : 0; }
size_t int_size(int64_t v) noexcept { return v ? 1 + varint_size(static_cast<uint64_t>(v)) : 0; }
size_t nested_size(size_t size) noexcept { return 1 + varint_size(size) + size; }

// An entry carries key and value even where they are empty, as Kapacitor writes them.
size_t tag_entry_size(const udf_tag& t) noexcept { return nested_size(t.key.size) + nested_size(t.value.size); }

size_t field_entry_size(const udf_field& f) noexcept {
    size_t value = 0;
    switch (f.value.type) {
        case UDF_BOOL:
            value = 2;
            break;
        case UDF_INT:
            value = 1 + varint_size(static_cast<uint64_t>(f.value.as.i));
            break;
        case UDF_DOUBLE:
            value = 9;
            break;
        default:
            value = nested_size(f.value.size);
    }
    return nested_size(f.name.size) + value;
}

size_t tags_size(const udf_tag* tags, size_t count) noexcept {
    size_t size = 0;
    for (size_t i = 0; i < count; ++i) size += nested_size(tag_entry_size(tags[i]));
    return size;
}

size_t fields_size(const udf_point& p) noexcept {
    size_t size = 0;
    for (size_t i = 0; i < p.field_count; ++i) size += nested_size(field_entry_size(p.fields[i]));
    return size;
}

// ---- Bytes. Each writes at `to` and returns the end. ----

char* put_tag(char* to, uint32_t number, WireType type) noexcept { return put_varint(to, tag_of(number, type)); }

char* put_bytes(char* to, const char* data, size_t size) noexcept {
    if (size) std::memcpy(to, data, size);
    return to + size;
}

char* put_nested(char* to, uint32_t number, udf_str s) noexcept {
    to = put_varint(put_tag(to, number, kBytes), s.size);
    return put_bytes(to, s.data, s.size);
}

char* put_string(char* to, uint32_t number, udf_str s) noexcept { return s.size ? put_nested(to, number, s) : to; }

char* put_int(char* to, uint32_t number, int64_t v) noexcept {
    return v ? put_varint(put_tag(to, number, kVarint), static_cast<uint64_t>(v)) : to;
}

char* put_tags(char* to, uint32_t number, const udf_tag* tags, size_t count) noexcept {
    for (size_t i = 0; i < count; ++i) {
        to = put_varint(put_tag(to, number, kBytes), tag_entry_size(tags[i]));
        to = put_nested(to, 1, tags[i].key);
        to = put_nested(to, 2, tags[i].value);
    }
    return to;
}

char* put_field(char* to, const udf_field& f) noexcept {
    static constexpr uint32_t numbers[] = {12, 9, 8, 10};  // by UDF_BOOL, UDF_INT, UDF_DOUBLE, UDF_STRING
    to = put_varint(put_tag(to, numbers[f.value.type], kBytes), field_entry_size(f));
    to = put_nested(to, 1, f.name);
    switch (f.value.type) {
        case UDF_BOOL:
            return put_varint(put_tag(to, 2, kVarint), f.value.as.i != 0);
        case UDF_INT:
            return put_varint(put_tag(to, 2, kVarint), static_cast<uint64_t>(f.value.as.i));
        case UDF_STRING:
            return put_nested(to, 2, {f.value.as.s, f.value.size});
        default:
            break;
    }
    to = put_tag(to, 2, kFixed64);
    auto bits = std::bit_cast<uint64_t>(f.value.as.f);
    if constexpr (std::endian::native == std::endian::big) bits = __builtin_bswap64(bits);
    return put_bytes(to, reinterpret_cast<const char*>(&bits), sizeof bits);
}

char* put_fields(char* to, const udf_point& p) noexcept {
    for (size_t i = 0; i < p.field_count; ++i) to = put_field(to, p.fields[i]);
    return to;
}

// ---- Points ----

// Starts the frame of message `kind` with a body of `size` bytes.
char* put_prefix(char* to, Kind kind, size_t size) noexcept {
    to = put_varint(to, 2 + varint_size(size) + size);  // the tag takes two bytes: number 16 and up
    to = put_tag(to, static_cast<uint32_t>(kind), kBytes);
    return put_varint(to, size);
}

// Points that go out as they came, together where their frames lie end to end: mostly they do.
class Unchanged {
public:
    explicit Unchanged(Buffer& out) : out_(out) {}

    void append(const Origin& origin) {
        const std::string_view frame = origin.frame();
        if (origin.prefix && frame.data() == pending_.data() + pending_.size()) {
            pending_ = {pending_.data(), pending_.size() + frame.size()};
            return;
        }
        flush();
        if (origin.prefix)
            pending_ = frame;
        else
            append_with_new_frame(origin.body());
    }
    // Before anything else is appended, and at the end.
    void flush() { out_.append(std::exchange(pending_, {})); }

    size_t pending() const noexcept { return pending_.size(); }

private:
    void append_with_new_frame(std::string_view body) {
        char* const start = out_.room(kMaxPrefix + body.size());
        char* to = put_prefix(start, Kind::point, body.size());
        to = put_bytes(to, body.data(), body.size());
        out_.commit(static_cast<size_t>(to - start));
    }

    Buffer& out_;
    std::string_view pending_;
};

// Of the fields at the front of `p` that are those of its origin, how many there are, and where their
// encoded form ends.
struct Kept {
    size_t fields;
    const char* end;
};
Kept kept_fields(const udf_point& p, const udf_point& source, const Origin& origin) noexcept {
    Kept kept{0, origin.bytes + origin.fields_begin};
    if (!origin.usual || missing(p.fields, p.field_count)) return kept;
    const size_t most = std::min(p.field_count, source.field_count);
    while (kept.fields < most && same_bits(p.fields[kept.fields], source.fields[kept.fields])) ++kept.fields;
    // byName stands before the bools: what follows it is written anew.
    while (kept.fields > 0 && source.by_name && source.fields[kept.fields - 1].value.type == UDF_BOOL) --kept.fields;
    if (kept.fields == 0) return kept;
    const udf_field& last = source.fields[kept.fields - 1];
    if (last.value.type == UDF_STRING)
        kept.end = last.value.as.s + last.value.size;
    else
        kept.end = last.name.data + last.name.size + 1 +
                   (last.value.type == UDF_DOUBLE ? 8 : varint_size(static_cast<uint64_t>(last.value.as.i)));
    return kept;
}

Encoded append_with_other_fields(Buffer& out, const udf_point& p, const udf_point& source, const Origin& origin,
                                 size_t frame_limit) {
    const Kept kept = kept_fields(p, source, origin);
    udf_point others = p;  // with the other fields alone
    others.fields = p.fields + kept.fields;
    others.field_count = p.field_count - static_cast<uint32_t>(kept.fields);
    if (const Encoded problem = check_fields(others); problem != Encoded::ok) return problem;
    const bool by_name = p.by_name && !origin.in_batch;
    const auto head = static_cast<size_t>(kept.end - origin.bytes);
    const size_t size = head + fields_size(others) + (by_name ? 2 : 0);
    if (size > frame_limit - kMaxPrefix) return Encoded::too_long;
    char* const start = out.room(kMaxPrefix + size);
    char* to = put_prefix(start, Kind::point, size);
    to = put_bytes(to, origin.bytes, head);
    to = put_fields(to, others);
    if (by_name) to = put_int(to, 11, 1);
    out.commit(static_cast<size_t>(to - start));
    return Encoded::ok;
}

Encoded append_in_full(Buffer& out, const udf_point& p, bool in_batch, size_t frame_limit) {
    if (const Encoded problem = check_head(p); problem != Encoded::ok) return problem;
    if (const Encoded problem = check_fields(p); problem != Encoded::ok) return problem;
    size_t size = int_size(p.time) + string_size(p.group) + tags_size(p.tags, p.tag_count) + fields_size(p);
    if (!in_batch) {
        size += string_size(p.name) + string_size(p.database) + string_size(p.retention_policy) + (p.by_name ? 2 : 0);
        for (size_t i = 0; i < p.dimension_count; ++i) size += nested_size(p.dimensions[i].size);
    }
    if (size > frame_limit - kMaxPrefix) return Encoded::too_long;
    char* const start = out.room(kMaxPrefix + size);
    char* to = put_int(put_prefix(start, Kind::point, size), 1, p.time);
    if (!in_batch) {
        to = put_string(to, 2, p.name);
        to = put_string(to, 3, p.database);
        to = put_string(to, 4, p.retention_policy);
    }
    to = put_string(to, 5, p.group);
    if (!in_batch)
        for (size_t i = 0; i < p.dimension_count; ++i) to = put_nested(to, 6, p.dimensions[i]);
    to = put_tags(to, 7, p.tags, p.tag_count);
    to = put_fields(to, p);
    if (!in_batch && p.by_name) to = put_int(to, 11, 1);
    out.commit(static_cast<size_t>(to - start));
    return Encoded::ok;
}

Encoded append(Unchanged& unchanged, Buffer& out, const udf_point& p, const PointRun& run, bool in_batch,
               size_t frame_limit) {
    const auto [point, origin] = run.source_of(p);
    // A point of a batch lacks what a point of a stream must carry.
    const bool usable = point && (in_batch || !origin->in_batch);
    const Difference differs = usable ? difference(p, *point) : Difference{true, true};
    if (!differs.fields && !differs.others) {
        unchanged.append(*origin);
        return Encoded::ok;
    }
    unchanged.flush();
    if (!differs.others && origin->fields_last) return append_with_other_fields(out, p, *point, *origin, frame_limit);
    return append_in_full(out, p, in_batch, frame_limit);
}

// A plugin that hands back the array it was given, or a part of it, could only read that: one copy will do.
bool append_as_they_came(Buffer& out, std::span<const udf_point> points, const PointRun& run, bool in_batch) {
    constexpr size_t kAtOnce = 1u << 20;  // bytes: more is worth a write in between
    const std::string_view frames = run.frames_of(points);
    if (frames.empty() || frames.size() > kAtOnce) return false;
    const Origin* const origin = run.source_of(points.front()).origin;
    if (origin == nullptr || origin->in_batch != in_batch) return false;
    out.append(frames);
    return true;
}

// BeginBatch and EndBatch carry the same values, so that Kapacitor cannot see them differ.
void append_header(Buffer& out, Kind kind, const udf_batch& b) {
    const bool begin = kind == Kind::begin;
    const auto count = static_cast<int64_t>(b.point_count);
    const size_t size = string_size(b.name) + string_size(b.group) + int_size(begin ? count : b.tmax) +
                        tags_size(b.tags, b.tag_count) + (b.by_name ? 2 : 0);
    char* const start = out.room(kMaxPrefix + size);
    char* to = put_prefix(start, kind, size);
    to = put_string(to, 1, b.name);
    to = put_string(to, 2, b.group);
    if (begin) {
        to = put_tags(to, 3, b.tags, b.tag_count);
        to = put_int(to, 4, count);
    } else {
        to = put_int(to, 3, b.tmax);
        to = put_tags(to, 4, b.tags, b.tag_count);
    }
    if (b.by_name) to = put_int(to, 5, 1);
    out.commit(static_cast<size_t>(to - start));
}

}  // namespace

const char* describe(Encoded problem) noexcept {
    switch (problem) {
        case Encoded::ok:
            break;
        case Encoded::null_pointer:
            return "a count or size without the data it counts (a null pointer)";
        case Encoded::bad_type:
            return "a field that is no bool, int, double or string";
        case Encoded::too_long:
            return "more than a frame can hold (--frame-limit)";
    }
    return "nothing";
}

Appended append_points(Buffer& out, std::span<const udf_point> points, const PointRun& run, size_t enough,
                       size_t frame_limit) {
    if (append_as_they_came(out, points, run, false)) return {points.size(), Encoded::ok};
    Unchanged unchanged(out);
    Appended appended{0, Encoded::ok};
    for (const udf_point& point : points) {
        appended.problem = append(unchanged, out, point, run, false, frame_limit);
        if (appended.problem != Encoded::ok) break;
        ++appended.count;
        if (out.size() + unchanged.pending() >= enough) break;
    }
    unchanged.flush();
    return appended;
}

Encoded append_batch(Buffer& out, const udf_batch& batch, const PointRun& run, size_t frame_limit) {
    if (missing(batch.points, batch.point_count)) return Encoded::null_pointer;
    if (const Encoded problem = check_strings(batch.name, batch.group); problem != Encoded::ok) return problem;
    if (const Encoded problem = check_tags(batch.tags, batch.tag_count); problem != Encoded::ok) return problem;
    if (tags_size(batch.tags, batch.tag_count) + batch.name.size + batch.group.size > frame_limit - 100)
        return Encoded::too_long;
    const size_t before = out.size();
    Encoded problem = Encoded::ok;
    try {
        append_header(out, Kind::begin, batch);
        const std::span points(batch.points, batch.point_count);
        if (!append_as_they_came(out, points, run, true)) {
            Unchanged unchanged(out);
            for (size_t i = 0; i < points.size() && problem == Encoded::ok; ++i)
                problem = append(unchanged, out, points[i], run, true, frame_limit);
            unchanged.flush();
        }
        if (problem == Encoded::ok) append_header(out, Kind::end, batch);
    } catch (...) {  // out of memory: no half of a batch may stay
        out.truncate(before);
        throw;
    }
    if (problem != Encoded::ok) out.truncate(before);
    return problem;
}

}  // namespace wire
