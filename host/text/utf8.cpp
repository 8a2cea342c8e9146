// SPDX-License-Identifier: MIT
#include "text/utf8.h"

#include <cstdint>
#include <cstring>

namespace text {
namespace {

// The bytes of the character that begins `text`; 0 where it is malformed, overlong, a surrogate or
// over U+10FFFF.
size_t character_size(std::string_view text) noexcept {
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
    const uint8_t lead = byte(0);
    if (lead < 0x80) return 1;
    const size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return 0;
    for (size_t i = 1; i < size; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    if (lead == 0xe0 && byte(1) < 0xa0) return 0;
    if (lead == 0xed && byte(1) > 0x9f) return 0;
    if (lead == 0xf0 && byte(1) < 0x90) return 0;
    if (lead == 0xf4 && byte(1) > 0x8f) return 0;
    return size;
}

}  // namespace

size_t find_bad_utf8(std::string_view text) noexcept {
    size_t at = 0;
    while (at < text.size()) {
        uint64_t eight;
        if (text.size() - at >= sizeof eight) {
            std::memcpy(&eight, text.data() + at, sizeof eight);
            if (!(eight & 0x8080808080808080u)) {
                at += sizeof eight;
                continue;
            }
        }
        const size_t size = character_size(text.substr(at));
        if (!size) return at;
        at += size;
    }
    return text.npos;
}

std::string replace_bad_utf8(std::string_view text) {
    std::string good;
    for (size_t bad; (bad = find_bad_utf8(text)) != text.npos; text.remove_prefix(bad + 1)) {
        good += text.substr(0, bad);
        good += "\xef\xbf\xbd";
    }
    return good += text;
}

}  // namespace text
