// SPDX-License-Identifier: MIT
//
// How long something took, counted by powers of two of a microsecond: narrow enough for a percentile that an operator
// reads, and the buckets that Prometheus gets.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace metrics {

struct Histogram {
    // Bucket i has what took up to 2^i us (1 us to 33.6 s), beyond those below it; the last has what took longer.
    static constexpr size_t kBuckets = 27;
    std::array<uint64_t, kBuckets> counts{};
    uint64_t nanoseconds = 0;  // of all together

    static constexpr size_t bucket_of(uint64_t took) noexcept {  // ns
        const uint64_t microseconds = took / 1000 + (took % 1000 != 0 ? 1 : 0);
        return std::min<size_t>(microseconds <= 1 ? 0 : std::bit_width(microseconds - 1), kBuckets - 1);
    }
    static constexpr double upper_seconds(size_t bucket) noexcept {  // not of the last
        return static_cast<double>(uint64_t{1} << bucket) / 1e6;
    }
    Histogram& operator+=(const Histogram& more) noexcept {
        for (size_t i = 0; i < kBuckets; ++i) counts[i] += more.counts[i];
        nanoseconds += more.nanoseconds;
        return *this;
    }
    uint64_t count() const noexcept {
        uint64_t all = 0;
        for (const uint64_t count : counts) all += count;
        return all;
    }
};

}  // namespace metrics
