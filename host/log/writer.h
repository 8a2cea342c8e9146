// SPDX-License-Identifier: MIT
//
// Writes into memory of a fixed size, in the ways that lines of the log are written, and cuts what has no room. One
// that has been cut takes no more. For what it promises of signal handlers see line.h.
#pragma once

#include <cstddef>
#include <ctime>
#include <span>
#include <string_view>

#include "log/event.h"

namespace logging {

class Writer {
public:
    // At the end kTail bytes are kept, for what closes a text that was cut, and a line.
    explicit Writer(std::span<char> into) noexcept : begin_(into.data()), at_(begin_), end_(begin_ + into.size()) {}

    std::string_view written() const noexcept { return {begin_, static_cast<size_t>(at_ - begin_)}; }
    size_t room() const noexcept;

    // As it is; all or nothing.
    bool put(std::string_view text) noexcept;
    bool put_number(const Value& value) noexcept;
    // `2026-01-01T12:00:00.123456Z`
    void put_time(const timespec& time) noexcept;
    // In quotes where it needs them, or always; at most `most` bytes, and then "…".
    void put_message(std::string_view text, size_t most) noexcept;
    void put_value(std::string_view text, size_t most) noexcept;
    void put_json(std::string_view text, size_t most) noexcept;
    // The part of a text that fits, without a look at what is in it.
    void put_some(std::string_view text) noexcept;

    // What there is always room for.
    void close(std::string_view tail) noexcept;

    static constexpr size_t kTail = 16;

private:
    enum class Style { text, json };
    void put_quoted(std::string_view text, size_t most, Style style) noexcept;
    void put_plain(std::string_view text, size_t most) noexcept;

    char *begin_, *at_, *end_;
};

}  // namespace logging
