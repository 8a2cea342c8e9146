// SPDX-License-Identifier: MIT
//
// Frames: how messages are laid end to end on a connection.
//
//     frame  = length body
//     length = unsigned varint, at most 10 bytes: the size of body
//     body   = a Request (from Kapacitor) or a Response (to it)
//
// A frame may be split at any byte by whoever writes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace google::protobuf {
class MessageLite;
}

namespace wire {

inline constexpr size_t kFrameLimit = 16u << 20;       // bytes of body; a longer frame is an attack or a loss of step
inline constexpr size_t kMostFrameLimit = 256u << 20;  // that anybody may set
inline constexpr size_t kMaxVarint = 10;               // bytes

struct Split {
    enum Status : uint8_t {
        whole,     // `frame` and `body` are set
        partial,   // more bytes are needed; `size` is that of the whole frame, 0 while unknown
        too_long,  // the body is over the limit; `size` says how long it claims to be
        bad,       // the length is no varint
    };
    Status status;
    std::string_view frame;  // length and body
    std::string_view body;
    uint64_t size = 0;
};

Split split_any_frame(std::string_view bytes, size_t limit) noexcept;

// Looks at the first frame of `bytes`. Copies nothing.
inline Split split_frame(std::string_view bytes, size_t limit = kFrameLimit) noexcept {
    // Nearly all frames: whole, with a length of one or two bytes.
    if (bytes.size() >= 2) {
        const auto first = static_cast<uint8_t>(bytes[0]), second = static_cast<uint8_t>(bytes[1]);
        const size_t prefix = first < 0x80 ? 1 : 2;
        const size_t length = first < 0x80 ? first : (first & 0x7fu) | size_t{second} << 7;
        if ((prefix == 1 || second < 0x80) && length <= bytes.size() - prefix && length <= limit)
            return {Split::whole, {bytes.data(), prefix + length}, {bytes.data() + prefix, length}, prefix + length};
    }
    return split_any_frame(bytes, limit);
}

// Why a split failed, as text for the user; for too_long and bad only.
std::string describe(const Split& split, size_t limit = kFrameLimit);

// Writes an unsigned varint and returns the end; `to` has room for kMaxVarint bytes.
inline char* put_varint(char* to, uint64_t value) noexcept {
    while (value >= 0x80) {
        *to++ = static_cast<char>(value | 0x80);
        value >>= 7;
    }
    *to++ = static_cast<char>(value);
    return to;
}

constexpr size_t varint_size(uint64_t value) noexcept {
    size_t n = 1;
    while (value >= 0x80) {
        value >>= 7;
        ++n;
    }
    return n;
}

// Appends `message` as a frame.
void append_frame(std::string& out, const google::protobuf::MessageLite& message);

}  // namespace wire
