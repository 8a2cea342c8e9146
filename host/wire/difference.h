// SPDX-License-Identifier: MIT
//
// In what two points differ, by the bits of the structs alone: members that point to equal things
// elsewhere count as different. What has the bits of a decoded point is that point.
#pragma once

#include <udf_plugin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace wire {

// Zero where the bytes from `begin` to `end`, of whole words, are the same.
inline uint64_t differing_bits(const void* a, const void* b, size_t begin, size_t end) noexcept {
    uint64_t bits = 0;
    for (size_t i = begin; i < end; i += sizeof bits) {
        uint64_t x, y;
        std::memcpy(&x, static_cast<const char*>(a) + i, sizeof x);
        std::memcpy(&y, static_cast<const char*>(b) + i, sizeof y);
        bits |= x ^ y;
    }
    return bits;
}

template <class Item>
bool same_bits(const Item& a, const Item& b) noexcept {
    return differing_bits(&a, &b, 0, sizeof(Item)) == 0;
}

struct Difference {
    bool fields, others;
};
inline Difference difference(const udf_point& a, const udf_point& b) noexcept {
    constexpr size_t kFields = offsetof(udf_point, fields), kCounts = offsetof(udf_point, field_count);
    static_assert(offsetof(udf_point, tag_count) == kCounts + 4);
    const bool others = differing_bits(&a, &b, 0, kFields) | differing_bits(&a, &b, kFields + 8, kCounts) |
                        differing_bits(&a, &b, kCounts + 8, sizeof a) | (a.tag_count ^ b.tag_count);
    return {.fields = a.fields != b.fields || a.field_count != b.field_count, .others = others};
}

}  // namespace wire
