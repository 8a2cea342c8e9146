// SPDX-License-Identifier: MIT
//
// UTF-8 as text arrives in it: Kapacitor's messages carry nothing else.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace text {

// The offset of the first byte that is not part of well-formed UTF-8; npos where all is well.
size_t find_bad_utf8(std::string_view text) noexcept;

// The text with U+FFFD in the place of every byte that is not.
std::string replace_bad_utf8(std::string_view text);

}  // namespace text
