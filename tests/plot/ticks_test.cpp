// SPDX-License-Identifier: MIT
#include "plot/ticks.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

using namespace plot;

namespace {

constexpr int64_t kSecond = 1'000'000'000, kDay = 86'400 * kSecond;

std::string labels(const ValueAxis& axis) {
    std::string all;
    for (const auto& tick : axis.ticks) all += (all.empty() ? "" : " ") + tick.label;
    return all;
}

std::string labels(const std::vector<TimeTick>& ticks) {
    std::string all;
    for (const auto& tick : ticks)
        all += (all.empty() ? "" : " ") + tick.label + (tick.date.empty() ? "" : "(" + tick.date + ")");
    return all;
}

}  // namespace

TEST_CASE("values have ticks at ones, twos and fives that enclose them") {
    CHECK(labels(value_axis(0, 100, 5)) == "0 20 40 60 80 100");
    CHECK(labels(value_axis(3, 97, 10)) == "0 10 20 30 40 50 60 70 80 90 100");
    CHECK(labels(value_axis(-0.13, 0.22, 7)) == "-0.15 -0.10 -0.05 0 0.05 0.10 0.15 0.20 0.25");
    CHECK(labels(value_axis(0, 9e9, 5)) == "0 2G 4G 6G 8G 10G");
    CHECK(labels(value_axis(1'000'001, 1'000'003, 2)) == "1,000,001 1,000,002 1,000,003");
}

TEST_CASE("an axis of one value lies around it") {
    for (const double value : {0.0, 5.0, -3e-9, 1e300, -1e16}) {
        const ValueAxis axis = value_axis(value, value, 5);
        CHECK(axis.low <= value);
        CHECK(axis.high >= value);
        CHECK(axis.low < axis.high);
        CHECK(axis.ticks.size() >= 2);
        CHECK(axis.ticks.size() <= 20);
    }
}

TEST_CASE("the greatest numbers that there are have an axis") {
    constexpr double kMost = std::numeric_limits<double>::max();
    const ValueAxis axis = value_axis(-kMost, kMost, 5);
    CHECK(axis.high - axis.low < std::numeric_limits<double>::infinity());
    CHECK(axis.ticks.size() >= 2);
    CHECK(axis.ticks.size() <= 20);
}

TEST_CASE("times have ticks where the clock is round") {
    CHECK(labels(time_ticks(0, 60 * kSecond, 0.02)) == "00:00:00(1970-01-01) 00:00:15 00:00:30 00:00:45 00:01:00");
    CHECK(labels(time_ticks(1, 3 * kSecond, 0.02)) == "00:00:01(1970-01-01) 00:00:02 00:00:03");
    CHECK(labels(time_ticks(0, kSecond, 0.03)) == "00:00:00.0(1970-01-01) 00:00:00.5 00:00:01.0");
    CHECK(labels(time_ticks(kDay - 3600 * kSecond, kDay + 3600 * kSecond, 0.02)) ==
          "23:00(1970-01-01) 23:30 00:00(1970-01-02) 00:30 01:00");
}

TEST_CASE("long times have ticks where the calendar is round") {
    CHECK(labels(time_ticks(0, 4 * kDay, 0.015)) == "1970-01-01 1970-01-02 1970-01-03 1970-01-04 1970-01-05");
    CHECK(labels(time_ticks(kDay, 250 * kDay, 0.02)) == "1970-04 1970-07");
    CHECK(labels(time_ticks(-kDay, 4 * 366 * kDay, 0.02)) == "1970 1971 1972 1973 1974");
}

TEST_CASE("no two labels of times come near each other whatever the times are") {
    constexpr int64_t kFirst = std::numeric_limits<int64_t>::min(), kLast = std::numeric_limits<int64_t>::max();
    constexpr double kCharacter = 0.008;
    for (const int64_t from : {int64_t{0}, int64_t{1'795'343'908'123'456'789}, kFirst, -5 * kDay})
        for (int64_t range = 1; range > 0 && range < kLast / 3; range *= 3) {
            if (from > kLast - range) break;
            CAPTURE(from);
            CAPTURE(range);
            const std::vector<TimeTick> ticks = time_ticks(from, from + range, kCharacter);
            double least_apart = 1;
            for (size_t i = 1; i < ticks.size(); ++i)
                least_apart = std::min(
                    least_apart, static_cast<double>(ticks[i].time - ticks[i - 1].time) / static_cast<double>(range));
            if (ticks.empty()) continue;
            CHECK(ticks.front().time >= from);
            CHECK(ticks.back().time <= from + range);
            CHECK(least_apart > kCharacter * static_cast<double>(ticks.front().label.size()));
        }
    CHECK(time_ticks(kFirst, kLast, kCharacter).size() > 2);
}
