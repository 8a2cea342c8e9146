// SPDX-License-Identifier: MIT
#include "plot/markup.h"

#include "text/utf8.h"

namespace plot {
namespace {

constexpr const char* kNoCharacter = "\xef\xbf\xbd";  // U+FFFD

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Of a character by its first byte, in units of the font's size.
double width_of(char c) {
    if (continues(c)) return 0;
    if (static_cast<unsigned char>(c) >= 0xe1) return 1;  // where the scripts with square characters are
    if (std::string_view("ijl.,:;'|!()[] /").find(c) != std::string_view::npos) return 0.36;
    if (std::string_view("mwMW@%").find(c) != std::string_view::npos) return 0.92;
    return c >= 'A' && c <= 'Z' ? 0.72 : 0.6;
}

}  // namespace

std::string escaped(std::string_view text) {
    const std::string valid = text::replace_bad_utf8(text);
    std::string xml;
    xml.reserve(valid.size());
    for (size_t i = 0; i < valid.size(); ++i) {
        const char c = valid[i];
        const bool is_noncharacter =
            valid.compare(i, 2, "\xef\xbf") == 0 && static_cast<unsigned char>(valid[i + 2]) >= 0xbe;
        if (c == '&') {
            xml += "&amp;";
        } else if (c == '<') {
            xml += "&lt;";
        } else if (c == '>') {
            xml += "&gt;";
        } else if (c == '"') {
            xml += "&quot;";
        } else if (is_noncharacter) {
            xml += kNoCharacter;
            i += 2;
        } else if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') {
            xml += kNoCharacter;
        } else {
            xml += c;
        }
    }
    return xml;
}

double text_width(std::string_view text, double font_size) {
    double width = 0;
    for (const char c : text) width += width_of(c);
    return width * font_size;
}

std::string cut_to(std::string_view text, double width, double font_size) {
    if (text_width(text, font_size) <= width) return std::string(text);
    double left = width / font_size - 1;  // for the dots
    size_t end = 0;
    while (end < text.size() && (left -= width_of(text[end])) >= 0) ++end;
    while (end > 0 && continues(text[end])) --end;
    return std::string(text.substr(0, end)) + "…";
}

}  // namespace plot
