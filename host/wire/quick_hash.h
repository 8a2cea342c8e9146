// SPDX-License-Identifier: MIT
//
// A hash of a short name in a dozen instructions. Of a name over 16 bytes the middle does not count.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace wire {

// Its upper bits are the good ones.
[[gnu::always_inline]] inline uint64_t quick_hash(std::string_view key, uint32_t space) noexcept {
    uint64_t mix = key.size() << 3 | space;
    if (key.size() >= 8) {
        uint64_t first, last;
        std::memcpy(&first, key.data(), 8);
        std::memcpy(&last, key.data() + key.size() - 8, 8);
        mix ^= first ^ std::rotl(last, 29);
    } else if (key.size() >= 4) {
        uint32_t first, last;
        std::memcpy(&first, key.data(), 4);
        std::memcpy(&last, key.data() + key.size() - 4, 4);
        mix ^= uint64_t{first} << 8 ^ uint64_t { last } << 31;
    } else {
        for (const char c : key) mix = mix << 8 ^ static_cast<uint8_t>(c);
    }
    return mix * 0x9e3779b97f4a7c15u;
}

}  // namespace wire
