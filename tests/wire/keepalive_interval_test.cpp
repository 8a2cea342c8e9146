// SPDX-License-Identifier: MIT
#include "wire/keepalive_interval.h"

#include <doctest/doctest.h>

using std::chrono::milliseconds;
using wire::KeepaliveInterval;

TEST_CASE(
    "the distance of two keepalive requests is the interval: a quarter of it is silence enough, two are too much") {
    KeepaliveInterval interval;
    interval.heard(1'700'000'000'000'000'000);
    CHECK(interval.timeout() == KeepaliveInterval::kAssumedTimeout);
    interval.heard(1'700'000'005'000'000'000);
    CHECK(interval.heartbeat_after() == milliseconds(1250));
    CHECK(interval.timeout() == milliseconds(10'000));
    CHECK(interval.last_time() == 1'700'000'005'000'000'000);
}

TEST_CASE("times that go back, stand still or lie hours apart say nothing about the interval") {
    for (const int64_t second : {int64_t{1'000'000'000}, int64_t{500'000'000}, int64_t{1'001'000'000}, INT64_MAX}) {
        KeepaliveInterval interval;
        interval.heard(1'000'000'000);
        interval.heard(second);
        CHECK(interval.heartbeat_after() == milliseconds(250));
        CHECK(interval.timeout() == KeepaliveInterval::kAssumedTimeout);
    }
}
