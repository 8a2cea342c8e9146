// SPDX-License-Identifier: MIT
#include "agent/watch.h"

#include <doctest/doctest.h>

#include <future>

using agent::Watch;
using namespace std::chrono_literals;

TEST_CASE("a watch looks while a call runs, again and again") {
    std::atomic<int> looks = 0;
    Watch watch(1ms, [&] {
        ++looks;
        looks.notify_all();
        return 1ms;
    });
    for (int call = 0; call < 3; ++call) {
        watch.begin();
        for (const int until = looks + 3; looks < until;) looks.wait(looks.load());
        watch.end();
        std::this_thread::sleep_for(10ms);  // asleep by now, mostly: begin must wake it
    }
    CHECK(looks >= 9);
}

TEST_CASE("a watch does not look between calls") {
    std::atomic<bool> in_call = false;
    std::atomic<int> looks = 0;
    Watch watch(1ms, [&] {
        CHECK(in_call);
        ++looks;
        looks.notify_all();
        return 1ms;
    });
    std::this_thread::sleep_for(20ms);
    CHECK(looks == 0);
    in_call = true;
    watch.begin();
    looks.wait(0);
    watch.end();
}

TEST_CASE("a watch that is destroyed in the middle of a call ends") {
    Watch watch(1h, [] { return 1h; });
    watch.begin();
}
