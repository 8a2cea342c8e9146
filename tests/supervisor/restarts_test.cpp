// SPDX-License-Identifier: MIT
#include "supervisor/restarts.h"

#include <doctest/doctest.h>

using supervisor::Restarts;
using namespace std::chrono_literals;

namespace {

constexpr Restarts::Clock::time_point kBegin{1h};

}  // namespace

TEST_CASE("the first worker that dies is followed at once, others later and later, to a bound") {
    Restarts restarts({.most = 100, .period = 1h});
    CHECK(restarts.died(kBegin) == 0ms);
    for (const auto pause : {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms, 10000ms, 10000ms})
        CHECK(restarts.died(kBegin) == pause);
    for (int i = 0; i < 80; ++i) CHECK(restarts.died(kBegin) == 10s);
}

TEST_CASE("after some progress it is as if none had died, but for the total") {
    Restarts restarts({.most = 2, .period = 1min});
    for (int i = 0; i < 50; ++i) {
        CHECK(restarts.died(kBegin) == 0ms);
        CHECK(restarts.died(kBegin) == 100ms);
        restarts.progress();
        CHECK(restarts.in_vain() == 0);
    }
    CHECK(restarts.total() == 100);
}

TEST_CASE("more deaths than are borne within the period are the end") {
    Restarts restarts({.most = 3, .period = 1min});
    for (int i = 0; i < 3; ++i) CHECK(restarts.died(kBegin + i * 20s).has_value());
    CHECK(!restarts.died(kBegin + 60s));
}

TEST_CASE("deaths that are longer ago than the period do not count") {
    Restarts restarts({.most = 3, .period = 1min});
    for (int i = 0; i < 100; ++i) CHECK(restarts.died(kBegin + i * 21s).has_value());
}

TEST_CASE("where no death is borne the first one is the end") {
    Restarts restarts({.most = 0, .period = 1min});
    CHECK(!restarts.died(kBegin));
}
