// SPDX-License-Identifier: MIT
#include "wire/frame.h"

#include <fmt/format.h>
#include <google/protobuf/message_lite.h>

namespace wire {

Split split_any_frame(std::string_view bytes, size_t limit) noexcept {
    uint64_t length = 0;
    for (size_t i = 0; i < bytes.size() && i < kMaxVarint; ++i) {
        const auto byte = static_cast<uint8_t>(bytes[i]);
        if (i == kMaxVarint - 1 && byte > 1) return {Split::bad, {}, {}, 0};
        length |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
        if (byte & 0x80) continue;
        const size_t prefix = i + 1;
        if (length > limit) return {Split::too_long, {}, {}, length};
        if (bytes.size() - prefix < length) return {Split::partial, {}, {}, prefix + length};
        return {Split::whole, bytes.substr(0, prefix + length), bytes.substr(prefix, length), prefix + length};
    }
    if (bytes.size() >= kMaxVarint) return {Split::bad, {}, {}, 0};
    return {Split::partial, {}, {}, 0};
}

std::string describe(const Split& split, size_t limit) {
    if (split.status == Split::too_long)
        return fmt::format("a frame of {} bytes is over the limit of {} bytes", split.size, limit);
    return "the length of a frame is not a varint: the stream is out of step or not of this protocol";
}

void append_frame(std::string& out, const google::protobuf::MessageLite& message) {
    const size_t size = message.ByteSizeLong();
    char prefix[kMaxVarint];
    out.append(prefix, put_varint(prefix, size));
    message.AppendToString(&out);
}

}  // namespace wire
