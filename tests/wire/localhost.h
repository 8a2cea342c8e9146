// SPDX-License-Identifier: MIT
//
// Whether this machine knows a name for the loopback: the barest of containers have no /etc/hosts. Says so
// where it does not, for the test to end there.
#pragma once

#include <doctest/doctest.h>
#include <netdb.h>

inline bool knows_localhost() {
    addrinfo* found = nullptr;
    if (::getaddrinfo("localhost", nullptr, nullptr, &found) == 0) {
        ::freeaddrinfo(found);
        return true;
    }
    MESSAGE("left out: 'localhost' is not known here, see /etc/hosts");
    return false;
}
