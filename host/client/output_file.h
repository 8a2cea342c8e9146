// SPDX-License-Identifier: MIT
//
// Where printed text goes: stdout or a file, through a buffer. Every write is checked: a full disk
// is an error that names the file, and a reader that has gone away is ReaderGone.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "wire/unique_fd.h"

namespace client {

// Whoever read our output, like `head`, has had enough.
class ReaderGone : public std::runtime_error {
public:
    ReaderGone() : std::runtime_error("nobody reads the output any more") {}
};

class OutputFile {
public:
    // Opens or creates the file. Throws std::system_error where that fails.
    explicit OutputFile(const std::string& path);

    // Writes to a descriptor that stays open and is called `name` in errors.
    OutputFile(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

    // Text may be appended here directly; it is written when much has gathered, in room_left().
    std::string& buffer() noexcept { return buffer_; }
    void room_left() {
        if (buffer_.size() >= kFlushSize) flush();
    }
    void flush();

    // Drops what was in the file before: once it is clear that something new will come.
    void drop_old();

    int fd() const noexcept { return fd_; }

private:
    static constexpr size_t kFlushSize = 64u << 10;

    wire::unique_fd owned_;
    int fd_;
    std::string name_;
    std::string buffer_;
};

}  // namespace client
