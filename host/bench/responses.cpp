// SPDX-License-Identifier: MIT
#include "bench/responses.h"

#include <udf.pb.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "client/session.h"
#include "wire/decode.h"
#include "wire/frame.h"

namespace bench {
namespace {

// Whether the first tag of a body is that of `kind`; one over 15 takes two bytes.
bool starts(std::string_view body, wire::Kind kind) noexcept {
    const uint32_t tag = static_cast<uint32_t>(kind) << 3 | 2;
    if (tag < 0x80) return static_cast<uint8_t>(body[0]) == tag;
    return static_cast<uint8_t>(body[0]) == ((tag & 0x7f) | 0x80) && static_cast<uint8_t>(body[1]) == tag >> 7;
}

}  // namespace

bool Responses::read() {
    if (held_ == buffer_.size()) buffer_.resize(2 * held_);
    const ssize_t n = ::read(fd_, buffer_.data() + held_, buffer_.size() - held_);
    interrupt_.check();
    if (n < 0 && errno != EINTR && errno != ECONNRESET)
        throw std::system_error(errno, std::system_category(), "reading what comes back");
    if (n < 0 && errno == EINTR) return true;
    if (n <= 0 && held_ > 0) throw client::ProtocolError("the output ended inside a frame");
    if (n <= 0) return false;

    std::string_view bytes(buffer_.data(), held_ + static_cast<size_t>(n));
    for (;;) {
        const wire::Split split = wire::split_frame(bytes);
        if (split.status == wire::Split::partial) break;
        if (split.status != wire::Split::whole) throw client::ProtocolError(wire::describe(split));
        count(split.body);
        bytes.remove_prefix(split.frame.size());
    }
    held_ = bytes.size();
    std::memmove(buffer_.data(), bytes.data(), held_);
    return true;
}

void Responses::count(std::string_view body) {
    if (body.size() < 2) throw client::ProtocolError("a response without a message came back");
    if (starts(body, wire::Kind::point)) {
        ++points_;
    } else if (starts(body, wire::Kind::end)) {
        ++batches_;
    } else if (starts(body, wire::Kind::keepalive)) {
        constexpr size_t kWithoutTime = 2;  // bytes: one that nobody asked for, from a function that is busy
        if (body.size() > kWithoutTime) ++keepalives_;
    } else if (starts(body, wire::Kind::error)) {
        kapacitor::udf::Response response;
        response.ParseFromArray(body.data(), static_cast<int>(body.size()));
        throw client::UdfError(response.error().error());
    }
}

}  // namespace bench
