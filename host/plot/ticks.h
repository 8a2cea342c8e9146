// SPDX-License-Identifier: MIT
//
// Where the axes have their ticks, and what stands there: round numbers for values, and round times of the clock and
// the calendar in UTC. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace plot {

// An axis of values from `low` to `high`, with ticks at multiples of 1, 2 or 5 times a power of ten.
struct ValueAxis {
    struct Tick {
        double value;
        std::string label;
    };
    double low, high;
    std::vector<Tick> ticks;
};

// About `wanted` ticks; the first and the last are the ends of the axis, which encloses low and high, both finite and
// low <= high. Where they are the same, or too near to each other to be told apart, it is wider.
ValueAxis value_axis(double low, double high, size_t wanted);

struct TimeTick {
    int64_t time;
    std::string label;  // `10:39:05`, or `2026-11-22` where the step is a day or more
    std::string date;   // below it, where the day is another than at the tick before; else empty
};

// Ticks from `from` to `to` (ns), as many as fit: a label is `character` wide for each of its characters, where the
// axis is 1 wide, and ticks stand a label and a half apart.
std::vector<TimeTick> time_ticks(int64_t from, int64_t to, double character);

}  // namespace plot
