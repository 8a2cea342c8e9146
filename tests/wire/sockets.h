// SPDX-License-Identifier: MIT
//
// Two unix sockets that are connected.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>

#include "wire/unique_fd.h"

struct Sockets {
    wire::unique_fd near, far;
    Sockets() {
        int fds[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
        near.reset(fds[0]);
        far.reset(fds[1]);
    }
};
