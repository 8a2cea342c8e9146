// SPDX-License-Identifier: MIT
//
// What a plugin may get so wrong that its points cannot be read: counts without arrays, sizes that no
// frame holds, field types that do not exist. Whoever reads what a plugin emits checks it first.
#pragma once

#include <udf_plugin.h>

#include <cstddef>
#include <cstdint>

#include "wire/frame.h"

namespace wire {

// What is wrong with a point or batch that a plugin handed over.
enum class Encoded : uint8_t {
    ok,
    null_pointer,  // a count or size without the array
    bad_type,      // a field that is no bool, int, double or string
    too_long,      // over the frame limit
};

inline bool missing(const void* data, size_t size) noexcept { return size != 0 && data == nullptr; }

// Counts over this cannot fit a frame: they are not read at all.
inline constexpr size_t kMaxCount = kMostFrameLimit / 4;

// With every size and count within its limit no sum of them can wrap.
inline Encoded check_bytes(const void* data, size_t size) noexcept {
    if (missing(data, size)) return Encoded::null_pointer;
    return size > kMostFrameLimit ? Encoded::too_long : Encoded::ok;
}

inline Encoded check_array(const void* items, size_t count) noexcept {
    if (missing(items, count)) return Encoded::null_pointer;
    return count > kMaxCount ? Encoded::too_long : Encoded::ok;
}

template <class... String>
Encoded check_strings(String... strings) noexcept {
    Encoded problem = Encoded::ok;
    ((problem = problem == Encoded::ok ? check_bytes(strings.data, strings.size) : problem), ...);
    return problem;
}

inline Encoded check_tags(const udf_tag* tags, size_t count) noexcept {
    Encoded problem = check_array(tags, count);
    for (size_t i = 0; i < count && problem == Encoded::ok; ++i) problem = check_strings(tags[i].key, tags[i].value);
    return problem;
}

inline Encoded check_field(const udf_field& f) noexcept {
    if (f.value.type > UDF_STRING) return Encoded::bad_type;
    const Encoded problem = check_strings(f.name);
    return f.value.type == UDF_STRING && problem == Encoded::ok ? check_bytes(f.value.as.s, f.value.size) : problem;
}

inline Encoded check_fields(const udf_point& p) noexcept {
    Encoded problem = check_array(p.fields, p.field_count);
    for (size_t i = 0; i < p.field_count && problem == Encoded::ok; ++i) problem = check_field(p.fields[i]);
    return problem;
}

inline Encoded check_head(const udf_point& p) noexcept {
    Encoded problem = check_strings(p.name, p.database, p.retention_policy, p.group);
    if (problem == Encoded::ok) problem = check_array(p.dimensions, p.dimension_count);
    for (size_t i = 0; i < p.dimension_count && problem == Encoded::ok; ++i) problem = check_strings(p.dimensions[i]);
    return problem == Encoded::ok ? check_tags(p.tags, p.tag_count) : problem;
}

}  // namespace wire
