// SPDX-License-Identifier: MIT
//
// What `udf-host status` shows for people: two looks at the same instances as one table, and numbers as they are said.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/instances.h"

namespace cli {

// What a connection did from one look to another; nothing where it was not there at the first.
struct Pace {
    double received = 0, sent = 0;  // points a second
    metrics::Histogram calls;       // in between
};
std::optional<Pace> pace(const std::vector<Instance>& before, const Instance& now, const metrics::Session& connection);

// A line for each connection, with what is to be said of it in lines below it, in `width` columns; 0 = as wide as it
// takes. Handler times are those between the two looks, where there were calls, and else all.
std::string status_table(const std::vector<Instance>& before, const std::vector<Instance>& now, size_t width,
                         std::chrono::system_clock::time_point time = std::chrono::system_clock::now());

std::string human_count(double number);           // 950, 12.3k, 1.2M
std::string human_time(double seconds);           // 45 us, 1.2 ms, 12 s
std::string human_bytes(uint64_t bytes);          // 950 B, 1.2 KiB
std::string human_age(std::chrono::seconds age);  // 12s, 3m, 2h, 5d

}  // namespace cli
