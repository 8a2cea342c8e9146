// SPDX-License-Identifier: MIT
//
// Text in a picture: as XML may hold it, and as wide as there is room for. What font a reader has is not known here, so
// widths are estimates, rather too wide. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace plot {

// For content and for attributes in double quotes. What no XML can hold, such as control characters and bytes that are
// not UTF-8, becomes U+FFFD.
std::string escaped(std::string_view text);

// In pixels, in a sans-serif font of this size.
double text_width(std::string_view text, double font_size);

// The text, or as much of its beginning as is not wider, and `…`.
std::string cut_to(std::string_view text, double width, double font_size);

}  // namespace plot
