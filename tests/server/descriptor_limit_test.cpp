// SPDX-License-Identifier: MIT
#include "server/descriptor_limit.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "server/child_process.h"

TEST_CASE("the limit of descriptors is raised to what is allowed, up to a bound") {
    ChildProcess child([] {
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        const rlim_t expected = std::min(limit.rlim_max, server::kMostDescriptors);
        limit.rlim_cur = 64;
        if (::setrlimit(RLIMIT_NOFILE, &limit) != 0 || server::raise_descriptor_limit() != expected) return false;
        ::getrlimit(RLIMIT_NOFILE, &limit);
        return limit.rlim_cur == expected;
    });
    CHECK(child.status() == 0);
}

TEST_CASE("a limit that is higher already is not lowered") {
    ChildProcess child([] {
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
        return server::raise_descriptor_limit() == limit.rlim_max;
    });
    CHECK(child.status() == 0);
}
