// SPDX-License-Identifier: MIT
//
// Names and other strings: whether they may leave, and making them so. Plain ones, nearly all, are told in a
// few instructions.
#pragma once

#include <udf_plugin.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>
#include <vector>

#include "guard/ledger.h"
#include "guard/memory.h"
#include "wire/quick_hash.h"

namespace guard {

inline std::string_view view(udf_str s) noexcept { return {s.data, s.size}; }
inline bool same(udf_str a, udf_str b) noexcept { return a.data == b.data && a.size == b.size; }

// Without a byte that is not ASCII, and without control characters. May be false for others as well.
inline bool plain(std::string_view text) noexcept {
    const auto odd = [](uint64_t word) { return ((word - 0x2020202020202020u) | word) & 0x8080808080808080u; };
    const char* const begin = text.data();
    if (text.size() >= 8) {
        uint64_t word, bits = 0;
        for (size_t at = 0; at + 8 <= text.size(); at += 8) {
            std::memcpy(&word, begin + at, 8);
            bits |= odd(word);
        }
        std::memcpy(&word, begin + text.size() - 8, 8);
        return (bits | odd(word)) == 0;
    }
    if (text.size() >= 4) {
        uint32_t first, last;
        std::memcpy(&first, begin, 4);
        std::memcpy(&last, begin + text.size() - 4, 4);
        return odd(first | uint64_t{last} << 32) == 0;
    }
    for (const char c : text)
        if (static_cast<int8_t>(c) < 0x20) return false;
    return true;
}

// The same answer as `a == b`, without a call for short ones.
inline bool equal(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    if (a.size() < 8) {
        for (size_t i = 0; i < a.size(); ++i)
            if (a[i] != b[i]) return false;
        return true;
    }
    return std::memcmp(a.data(), b.data(), a.size()) == 0;
}

// Its upper bits are the good ones. Long names often differ in the middle only.
inline uint64_t name_hash(std::string_view name, uint32_t seed) noexcept {
    if (name.size() > 16) return (std::hash<std::string_view>()(name) ^ seed) * 0x9e3779b97f4a7c15u;
    return wire::quick_hash(name, seed);
}

enum class Breaks : uint8_t { allowed, replaced };  // line breaks

// Where a string stands, for messages: "the field", its name, and the group of the point.
struct Where {
    const char* part;
    udf_str subject, group;
};

// What utf8 and newline say of a string that is not plain. False where it stays as it is.
bool mend_odd_text(udf_str& text, Breaks breaks, const Where& where, Ledger& ledger, Memory& memory);

inline bool mend_text(udf_str& text, Breaks breaks, const Where& where, Ledger& ledger, Memory& memory) {
    return !plain(view(text)) && mend_odd_text(text, breaks, where, ledger, memory);
}

// Whether mend_text would find nothing, whatever the modes.
bool odd_text_is_good(std::string_view text, Breaks breaks) noexcept;
inline bool text_is_good(std::string_view text, Breaks breaks) noexcept {
    return plain(text) || odd_text_is_good(text, breaks);
}

// A set of names for finding twins, in linear time. Keeps its memory.
class NameSet {
public:
    // Forgets all; there is room for `count` names then, which must stay where they are.
    void clear(size_t count);
    // False where the name is there already.
    bool add(std::string_view name) noexcept;

private:
    std::vector<std::string_view> slots_;  // a free one has no data
    int shift_ = 0;
};

}  // namespace guard
