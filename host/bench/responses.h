// SPDX-License-Identifier: MIT
//
// Reads what comes back and counts it. Goes from frame to frame without looking into data, so that
// counting costs little beside what is measured.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "client/interrupt.h"

namespace bench {

class Responses {
public:
    // The descriptor is blocking; it and the interrupt outlive this.
    Responses(int fd, client::Interrupt& interrupt) : fd_(fd), interrupt_(interrupt) {}

    // Reads once. False at the end of the output. Throws client::UdfError where an error response
    // comes, client::ProtocolError where what comes are no responses, client::Interrupted.
    bool read();

    uint64_t points() const noexcept { return points_; }
    uint64_t batches() const noexcept { return batches_; }
    uint64_t keepalives() const noexcept { return keepalives_; }

private:
    void count(std::string_view body);

    const int fd_;
    client::Interrupt& interrupt_;
    std::vector<char> buffer_ = std::vector<char>(256u << 10);
    size_t held_ = 0;  // bytes of a frame that has not come whole, at the front of the buffer
    uint64_t points_ = 0, batches_ = 0, keepalives_ = 0;
};

}  // namespace bench
