// SPDX-License-Identifier: MIT
//
// Times as people and JSON have them: RFC 3339, in UTC, to the nanosecond. Fractions end with their
// last digit that is not zero, as in `2024-05-01T12:00:00.25Z`.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace text {

std::string rfc3339(std::chrono::system_clock::time_point time);

// Nothing where the text is no such time, is not in UTC (`Z`), or is one that a time_point cannot hold.
std::optional<std::chrono::system_clock::time_point> parse_rfc3339(const std::string& text);

}  // namespace text
