// SPDX-License-Identifier: MIT
//
// Nothing is said more than ten times in a minute: what is the same after that is counted, and the count told once it
// may be said again. The same are events with the same level, sentence, place and fields, digits apart. Of as many
// kinds as there are slots: where more come at once, the one that was silent longest is forgotten, and its count told.
//
// It knows no clock and allocates nothing. Not thread-safe.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "log/event.h"

namespace logging {

// The first bytes of a text, in place.
template <size_t kSize>
class Short {
public:
    void set(std::string_view text) noexcept {
        size_ = text.size() < kSize ? text.size() : kSize;
        while (size_ < text.size() && size_ > 0 && (static_cast<uint8_t>(text[size_]) & 0xc0) == 0x80) --size_;
        for (size_t i = 0; i < size_; ++i) text_[i] = text[i];
    }
    std::string_view view() const noexcept { return {text_.data(), size_}; }

private:
    size_t size_ = 0;
    std::array<char, kSize> text_{};
};

class Limiter {
public:
    using Time = std::chrono::steady_clock::time_point;

    static constexpr size_t kMost = 10;
    static constexpr std::chrono::seconds kPeriod{60};
    static constexpr size_t kKinds = 128;

    // What was not said.
    struct Rest {
        Level level = Level::debug;
        uint64_t count = 0;
        Short<160> message;
        Short<64> algorithm, task, node;
    };
    struct Verdict {
        bool may_be_said;
        std::optional<Rest> forgotten;  // to be told
    };

    constexpr Limiter() = default;
    Limiter(const Limiter&) = delete;
    Limiter& operator=(const Limiter&) = delete;

    Verdict look(const Event& event, Time now) noexcept;

    // Of a kind that may be said again by now; call it until there is none.
    std::optional<Rest> take_due(Time now) noexcept;
    // Of any kind.
    std::optional<Rest> take_any() noexcept;
    bool has_rest() const noexcept { return counted_kinds_ != 0; }

    void forget_all() noexcept;

private:
    struct Kind {
        uint64_t hash = 0;  // 0 = the slot is free
        std::array<Time, kMost> said{};
        size_t next = 0;  // of them, the oldest, to be overwritten
        Rest rest;
    };
    static Time last_said(const Kind& kind) noexcept { return kind.said[(kind.next + kMost - 1) % kMost]; }
    static bool may_be_said(const Kind& kind, Time now) noexcept;
    Rest take(Kind& kind) noexcept;
    Kind& slot_for(uint64_t hash, std::optional<Rest>& forgotten) noexcept;

    std::array<Kind, kKinds> kinds_{};
    size_t counted_kinds_ = 0;  // those with a count
};

}  // namespace logging
