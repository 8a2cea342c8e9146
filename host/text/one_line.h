// SPDX-License-Identifier: MIT
//
// Text from anywhere, for a place that has one line.
#pragma once

#include <string>

namespace text {

// Control characters, line ends among them, become spaces.
inline std::string on_one_line(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return text;
}

}  // namespace text
