// SPDX-License-Identifier: MIT
//
// Protobuf's encoding, as far as the data messages need it: a cursor over encoded bytes.
#pragma once

#include <udf_plugin.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace wire {

enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kStartGroup = 3, kEndGroup = 4, kFixed32 = 5 };
constexpr uint32_t tag_of(uint32_t number, WireType type) { return number << 3 | type; }
inline constexpr int kMaxGroupDepth = 100;

// Reads from the front of some bytes. Every function returns false at malformed or missing bytes.
class Cursor {
public:
    explicit Cursor(std::string_view bytes) noexcept : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    bool done() const noexcept { return at_ == end_; }
    const char* at() const noexcept { return at_; }

    bool varint(uint64_t& value) noexcept {
        if (at_ == end_) return false;
        value = static_cast<uint8_t>(*at_++);
        if (value < 0x80) return true;
        return long_varint(value);
    }
    // At most five bytes; what is over 32 bits in them does not count, as in the generated code.
    bool tag(uint32_t& tag) noexcept {
        const char* const start = at_;
        uint64_t value;
        if (!varint(value) || at_ - start > 5) return false;
        tag = static_cast<uint32_t>(value);
        return tag >> 3 != 0;
    }
    bool bytes(std::string_view& value) noexcept {
        uint64_t size;
        if (!varint(size) || size > static_cast<size_t>(end_ - at_)) return false;
        value = {at_, static_cast<size_t>(size)};
        at_ += size;
        return true;
    }
    bool bytes(udf_str& value) noexcept {
        std::string_view view;
        if (!bytes(view)) return false;
        value = {view.data(), view.size()};
        return true;
    }
    bool fixed64(uint64_t& value) noexcept {
        if (end_ - at_ < 8) return false;
        std::memcpy(&value, at_, 8);
        if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
        at_ += 8;
        return true;
    }
    // Passes over the value that follows `tag`.
    bool skip(uint32_t tag, int depth = 0) noexcept {
        uint64_t number;
        std::string_view view;
        switch (tag & 7) {
            case kVarint:
                return varint(number);
            case kFixed64:
                return fixed64(number);
            case kBytes:
                return bytes(view);
            case kFixed32:
                if (end_ - at_ < 4) return false;
                at_ += 4;
                return true;
            case kStartGroup:
                return depth < kMaxGroupDepth && skip_group(tag >> 3, depth + 1);
            default:
                return false;
        }
    }

private:
    // The first byte has been read into `value`.
    bool long_varint(uint64_t& value) noexcept {
        if (end_ - at_ >= 9) return long_varint_at_once(value);
        value &= 0x7f;
        for (int shift = 7; shift < 70; shift += 7) {
            if (at_ == end_) return false;
            const auto byte = static_cast<uint8_t>(*at_++);
            if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) return true;
        }
        return false;
    }
    // Times take nine bytes: gathers eight without a loop. At least nine are there.
    bool long_varint_at_once(uint64_t& value) noexcept {
        uint64_t word;
        std::memcpy(&word, at_, 8);
        if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
        const uint64_t stops = ~word & 0x8080808080808080u;
        const int bytes = stops ? std::countr_zero(stops) / 8 + 1 : 8;
        if (bytes < 8) word &= (uint64_t{1} << 8 * bytes) - 1;
        word = (word & 0x007f007f007f007fu) | (word & 0x7f007f007f007f00u) >> 1;
        word = (word & 0x00003fff00003fffu) | (word & 0x3fff00003fff0000u) >> 2;
        word = (word & 0x000000000fffffffu) | (word & 0x0fffffff00000000u) >> 4;
        value = (value & 0x7f) | word << 7;
        at_ += bytes;
        if (stops) return true;
        const auto last = static_cast<uint8_t>(*at_++);
        value |= static_cast<uint64_t>(last) << 63;
        return last < 0x80;
    }
    bool skip_group(uint32_t number, int depth) noexcept {
        uint32_t tag_read;
        while (tag(tag_read)) {
            if ((tag_read & 7) == kEndGroup) return tag_read >> 3 == number;
            if (!skip(tag_read, depth)) return false;
        }
        return false;
    }

    const char* at_;
    const char* end_;
};

}  // namespace wire
