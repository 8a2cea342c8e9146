// SPDX-License-Identifier: MIT
#include "text/duration.h"

#include <doctest/doctest.h>

#include "support/check_property.h"

using text::format_duration;
using text::parse_duration;

TEST_CASE("durations parse as TICKscript writes them") {
    CHECK(parse_duration("10s") == 10'000'000'000);
    CHECK(parse_duration("1h30m") == 5'400'000'000'000);
    CHECK(parse_duration("250ms") == 250'000'000);
    CHECK(parse_duration("3u") == 3'000);
    CHECK(parse_duration("3us") == 3'000);
    CHECK(parse_duration("3µ") == 3'000);
    CHECK(parse_duration("3µs") == 3'000);
    CHECK(parse_duration("7ns") == 7);
    CHECK(parse_duration("1w2d") == 777'600'000'000'000);
    CHECK(parse_duration("-5m") == -300'000'000'000);
    CHECK(parse_duration("0") == 0);
}

TEST_CASE("what is no duration is refused") {
    for (const char* text :
         {"", "10", "s", "10x", "1.5s", "10 s", "--5s", "-", "99999999999999999999s", "20000w", "5s-3s"})
        CHECK_MESSAGE(!parse_duration(text), text);
}

TEST_CASE("a duration is written with the largest unit that divides it") {
    CHECK(format_duration(0) == "0s");
    CHECK(format_duration(5'400'000'000'000) == "90m");
    CHECK(format_duration(-1'000) == "-1u");
    CHECK(format_duration(86'400'000'000'000) == "1d");
    CHECK(format_duration(1) == "1ns");
}

TEST_CASE("what is written parses to the same duration") {
    support::check_property([](int64_t ns) {
        if (ns == INT64_MIN) return;
        RC_ASSERT(parse_duration(format_duration(ns)) == ns);
    });
}
