// SPDX-License-Identifier: MIT
//
// What a process that holds a handler counts while it works, and what it is told meanwhile. Under supervision this lies
// in the memory that supervisor and worker share (wire::SharedChannel::beside()): it can be read while the worker
// works, and once it is dead, however it died. Memory of zeros is one that has counted nothing.
//
// The worker writes, all but `wanted_level`; anybody may read, at any time, from any process. A worker may have gone
// mad: whoever reads takes nothing but numbers, and text that he bounds and mends.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "metrics/histogram.h"
#include "metrics/session.h"

namespace metrics {

using Count = std::atomic<uint64_t>;

// By the one writer that a count has, or under its lock: no locked instruction.
inline void add(Count& count, uint64_t more) noexcept {
    count.store(count.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
}

struct FlowCount {
    Count points, batches, bytes;

    Flow get() const noexcept {
        return {points.load(std::memory_order_relaxed), batches.load(std::memory_order_relaxed),
                bytes.load(std::memory_order_relaxed)};
    }
};

// Time spent waiting, also while it lasts.
struct Waiting {
    Count nanoseconds, since;  // of CLOCK_MONOTONIC; 0 = it does not wait now

    void begin() noexcept;
    void end() noexcept;
    uint64_t get() const noexcept;
};

// The last of some messages, cut where it is long. Several threads may write; what comes while another is being written
// is dropped.
class LastText {
public:
    static constexpr size_t kLongest = 480;  // bytes

    void set(std::string_view text) noexcept;
    // UTF-8 on one line; empty where there is none, or it is being written and that does not end.
    std::string get() const;
    std::chrono::system_clock::time_point at() const noexcept;

private:
    std::atomic<uint32_t> version_;  // odd: it is being written
    std::atomic<uint32_t> size_;
    std::atomic<int64_t> at_;  // ns since the epoch
    std::array<std::atomic<uint64_t>, kLongest / 8> words_;
};

// What the levels of the log are called.
inline constexpr std::array<const char*, 4> kLogLevels{"debug", "info", "warning", "error"};

struct Activity {
    static constexpr size_t kMostRules = 16;

    FlowCount in, out;
    std::array<Count, Histogram::kBuckets>
        handler;  // calls with data, without the time that output was blocked in them
    Count handler_nanoseconds;
    Waiting blocked;                      // with output that nobody took
    std::array<Count, kMostRules> guard;  // in the order of the rules
    std::atomic<bool> hung;               // it has given itself up, for a call does not return
    // Levels of the log: 1 + the place in kLogLevels; 0 = what it was started with.
    std::atomic<uint32_t> wanted_level, taken_level;
    LastText algorithm, last_error;

    void called(uint64_t nanoseconds) noexcept {
        add(handler[Histogram::bucket_of(nanoseconds)], 1);
        add(handler_nanoseconds, nanoseconds);
    }
    Histogram calls() const noexcept;

    // The level that is wanted, once after each change; null else. [any thread of the worker]
    const char* newly_wanted_level() noexcept {
        const uint32_t wanted = wanted_level.load(std::memory_order_relaxed);
        if (wanted == taken_level.load(std::memory_order_relaxed)) return nullptr;
        taken_level.store(wanted, std::memory_order_relaxed);
        return wanted >= 1 && wanted <= kLogLevels.size() ? kLogLevels[wanted - 1] : nullptr;
    }
};
static_assert(Count::is_always_lock_free && std::atomic<uint32_t>::is_always_lock_free &&
              std::atomic<bool>::is_always_lock_free);
static_assert(std::is_standard_layout_v<Activity> && std::is_trivially_destructible_v<Activity>);

}  // namespace metrics
