// SPDX-License-Identifier: MIT
//
// Wakes whoever polls for it: stays raised until it is taken. From any thread, from signal handlers,
// and across processes.
#pragma once

#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include "wire/unique_fd.h"

namespace wire {

class Bell {
public:
    // Throws std::system_error where there are no more descriptors.
    Bell() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
        if (!fd_) throw std::system_error(errno, std::system_category(), "eventfd");
    }
    // One that another process has made.
    explicit Bell(unique_fd fd) noexcept : fd_(std::move(fd)) {}

    int fd() const noexcept { return fd_.get(); }  // readable while it is raised
    void raise() noexcept {
        const uint64_t one = 1;
        (void)!::write(fd_.get(), &one, sizeof one);
    }
    void take() noexcept {
        uint64_t count;
        (void)!::read(fd_.get(), &count, sizeof count);
    }

private:
    unique_fd fd_;
};

}  // namespace wire
