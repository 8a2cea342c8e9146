// SPDX-License-Identifier: MIT
//
// The figures as tables for people, and as JSON for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/comparison.h"

namespace bench {

class Report {
public:
    // What was run, for the head of both.
    Report(std::string function, const std::vector<std::string>& options, size_t rounds);

    // Each prints its rows on stdout at once, under a header where the kind of figures changes.
    void add(const Setting& setting, const std::vector<ThroughputFigures>& figures);
    void add(const Setting& setting, const std::vector<LatencyFigures>& figures);
    void add(const std::vector<StartFigures>& figures);

    // `host`: what it was measured on; `throughput`, `latency`, `start`: a row a contender.
    const nlohmann::ordered_json& json() const noexcept { return json_; }

private:
    void header(const std::string& line);

    nlohmann::ordered_json json_;
    std::string last_header_;
};

}  // namespace bench
