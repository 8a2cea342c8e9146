// SPDX-License-Identifier: MIT
//
// A pipe whose two ends a test holds, and reading one to its end.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "wire/unique_fd.h"

namespace support {

struct Pipe {
    Pipe() {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        read.reset(ends[0]);
        write.reset(ends[1]);
    }
    void put(std::string_view text) {
        REQUIRE(::write(write.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    // What one read gives: for what is known to be there, or to come.
    std::string get() {
        std::string text(65536, '\0');
        const ssize_t n = ::read(read.get(), text.data(), text.size());
        text.resize(static_cast<size_t>(n > 0 ? n : 0));
        return text;
    }
    wire::unique_fd read, write;
};

inline std::string read_all(int fd) {
    std::string text;
    char bytes[4096];
    for (ssize_t n = 0; (n = ::read(fd, bytes, sizeof bytes)) != 0;) {
        if (n > 0) text.append(bytes, static_cast<size_t>(n));
        if (n < 0 && errno != EINTR) break;
    }
    return text;
}

}  // namespace support
