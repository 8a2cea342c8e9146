// SPDX-License-Identifier: MIT
#include "metrics/activity.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <thread>

using metrics::Activity;
using metrics::LastText;

TEST_CASE("the last text is there as it was set, with the time when that was") {
    LastText text;
    CHECK(text.get() == "");
    const auto before = std::chrono::system_clock::now();
    text.set("one");
    text.set("the other");
    CHECK(text.get() == "the other");
    CHECK(text.at() >= before);
    CHECK(text.at() <= std::chrono::system_clock::now());
}

TEST_CASE("a long text is cut between two characters") {
    LastText text;
    text.set(std::string(LastText::kLongest - 1, 'x') + "\xc3\xa9");
    CHECK(text.get() == std::string(LastText::kLongest - 1, 'x'));
    text.set(std::string(2 * LastText::kLongest, 'y'));
    CHECK(text.get() == std::string(LastText::kLongest, 'y'));
}

TEST_CASE("a text from a worker gone mad is one line of UTF-8") {
    LastText text;
    text.set("a\nb\x1b[2J\xff");
    CHECK(text.get() == "a b [2J\xef\xbf\xbd");
}

TEST_CASE("memory full of anything can be read as an activity") {
    alignas(Activity) std::array<unsigned char, sizeof(Activity)> memory;
    for (const int byte : {0xff, 0xfe, 0x7f}) {
        std::memset(memory.data(), byte, memory.size());
        const auto& activity = *std::launder(reinterpret_cast<const Activity*>(memory.data()));
        CHECK(activity.last_error.get().size() <= 3 * LastText::kLongest);
        CHECK(activity.calls().counts[0] != 0);
        activity.blocked.get();
        activity.last_error.at();
    }
}

TEST_CASE("a text that is read while others write it is one of those that were written") {
    LastText text;
    const std::string a(300, 'a'), b(400, 'b');
    text.set(a);
    std::atomic<bool> stop = false;
    std::thread one([&] {
        while (!stop) text.set(a);
    });
    std::thread other([&] {
        while (!stop) text.set(b);
    });
    int torn = 0;
    for (int i = 0; i < 20'000; ++i)
        if (const std::string seen = text.get(); !seen.empty() && seen != a && seen != b) ++torn;
    stop = true;
    one.join();
    other.join();
    CHECK(torn == 0);
}

TEST_CASE("time that is being waited counts before the wait has ended") {
    metrics::Waiting waiting;
    CHECK(waiting.get() == 0);
    waiting.begin();
    while (waiting.get() == 0) std::this_thread::yield();
    waiting.end();
    const uint64_t waited = waiting.get();
    CHECK(waited > 0);
    CHECK(waiting.get() == waited);
}

TEST_CASE("a level of the log is taken once after each change, and one that is none not at all") {
    Activity activity;
    CHECK(activity.newly_wanted_level() == nullptr);
    activity.wanted_level = 1;
    const char* const level = activity.newly_wanted_level();
    REQUIRE(level != nullptr);
    CHECK(std::string(level) == "debug");
    CHECK(activity.newly_wanted_level() == nullptr);
    activity.wanted_level = 99;
    CHECK(activity.newly_wanted_level() == nullptr);
}
