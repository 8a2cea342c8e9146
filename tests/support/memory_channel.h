// SPDX-License-Identifier: MIT
//
// A channel in memory: hands out given bytes in pieces, then the end; keeps what is written.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "wire/channel.h"

namespace support {

class MemoryChannel : public wire::Channel {
public:
    explicit MemoryChannel(std::string input, size_t piece = SIZE_MAX) : input_(std::move(input)), piece_(piece) {}

    const std::string& written() const { return written_; }

    Moved read(char* to, size_t size) override {
        const size_t n = std::min({size, piece_, input_.size() - at_});
        if (n == 0) return {Status::closed};
        std::memcpy(to, input_.data() + at_, n);
        at_ += n;
        return {Status::ok, n};
    }
    Moved write(const char* from, size_t size) override {
        written_.append(from, size);
        return {Status::ok, size};
    }
    Ready wait(Ready interest, Timeout) override { return interest; }
    void wake() noexcept override {}
    void close_output() override {}

private:
    std::string input_, written_;
    size_t at_ = 0, piece_;
};

}  // namespace support
