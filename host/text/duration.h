// SPDX-License-Identifier: MIT
//
// Durations as TICKscript writes them: 90s, 1h30m, 250ms, 10u.
//
//     duration = ["-"] number unit { number unit }
//     unit     = "ns" | "u" | "us" | "µ" | "µs" | "ms" | "s" | "m" | "h" | "d" | "w"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace text {

// In nanoseconds; nothing where the text is no duration or does not fit. "0" needs no unit.
std::optional<int64_t> parse_duration(std::string_view text);

// The shortest form with one unit: the largest unit that divides it ("90m", not "1h30m").
std::string format_duration(int64_t nanoseconds);

}  // namespace text
