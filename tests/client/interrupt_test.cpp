// SPDX-License-Identifier: MIT
#include "client/interrupt.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <csignal>

using client::Interrupt;
using client::Interrupted;

TEST_CASE("a signal that came before the wait ends it") {
    Interrupt interrupt;
    std::raise(SIGINT);
    CHECK_THROWS_AS(interrupt.poll(nullptr, 0, -1), Interrupted);
}

TEST_CASE("each signal ends one wait and says which it was") {
    Interrupt interrupt;
    std::raise(SIGTERM);
    int signal = 0;
    try {
        interrupt.poll(nullptr, 0, -1);
    } catch (const Interrupted& e) {
        signal = e.signal;
    }
    CHECK(signal == SIGTERM);
    CHECK(interrupt.poll(nullptr, 0, 0) == 0);
    std::raise(SIGINT);
    CHECK_THROWS_AS(interrupt.poll(nullptr, 0, -1), Interrupted);
}

TEST_CASE("what is ready is seen as by poll") {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const wire::unique_fd read(ends[0]), write(ends[1]);
    Interrupt interrupt;
    pollfd fds[] = {{read.get(), POLLIN, 0}};
    CHECK(interrupt.poll(fds, 1, 0) == 0);
    REQUIRE(::write(write.get(), "x", 1) == 1);
    CHECK(interrupt.poll(fds, 1, -1) == 1);
    CHECK(fds[0].revents == POLLIN);
}

TEST_CASE("signals are as they were when the interrupt is gone") {
    struct sigaction before {
    }, after{};
    ::sigaction(SIGINT, nullptr, &before);
    { Interrupt interrupt; }
    ::sigaction(SIGINT, nullptr, &after);
    const bool restored = before.sa_handler == after.sa_handler;
    CHECK(restored);
}
