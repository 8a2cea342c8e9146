// SPDX-License-Identifier: MIT
//
// Words of InfluxDB's line protocol: names of measurements, keys and values of tags, keys of fields. What it has no way
// to say is bent as little as possible: tabs, carriage returns and newlines become spaces, and backslashes at the end,
// which would take the meaning of what comes next, are left out.
#pragma once

#include <string>
#include <string_view>

namespace text {

inline constexpr std::string_view kEscapedInNames = ", ", kEscapedInKeys = ",= ";

inline bool has_no_place_in_lines(char c) noexcept { return c == '\n' || c == '\r' || c == '\t'; }

// What can be written of a word; a tag of which nothing is left has to be left out.
inline std::string_view without_end(std::string_view word) noexcept {
    return word.substr(0, word.find_last_not_of('\\') + 1);
}

inline void write_line_word(std::string& out, std::string_view word, std::string_view escapes) {
    for (char c : without_end(word)) {
        if (has_no_place_in_lines(c)) c = ' ';
        if (escapes.find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
}

}  // namespace text
