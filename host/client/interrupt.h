// SPDX-License-Identifier: MIT
//
// Ctrl-C and SIGTERM as an exception out of a wait, for as long as an Interrupt lives: a program
// in the middle of something can then end it in order. One at a time; made and used on the main
// thread.
#pragma once

#include <poll.h>

#include <csignal>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include "wire/channel.h"

namespace client {

class Interrupted : public std::runtime_error {
public:
    explicit Interrupted(int signal_number) : std::runtime_error("interrupted"), signal(signal_number) {}
    int signal;
};

class Interrupt {
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    // As poll(), but throws Interrupted where a signal has come since the last time that it did;
    // 0 is a timeout.
    int poll(pollfd* fds, size_t n, int timeout_ms);

    // Throws Interrupted likewise. For blocking calls, which a signal makes return with EINTR.
    void check();

private:
    int handled_ = 0;
    struct sigaction old_int_, old_term_;
};

// A channel whose wait() throws Interrupted.
class InterruptibleChannel : public wire::FdChannel {
public:
    InterruptibleChannel(Interrupt& interrupt, wire::unique_fd input, wire::unique_fd output)
        : FdChannel(std::move(input), std::move(output)), interrupt_(interrupt) {}

    Ready wait(Ready interest, Timeout timeout) override;

private:
    Interrupt& interrupt_;
};

}  // namespace client
