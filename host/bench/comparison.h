// SPDX-License-Identifier: MIT
//
// Contenders measured side by side: in each round each has its turn, in a process of its own, so
// that what else the machine does strikes all of them alike. Figures are medians over the rounds;
// ratios are taken within a round first. The first contender is what they are against, and that which another
// one is based on shows what the difference costs.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/load.h"
#include "bench/stream.h"
#include "bench/subject.h"
#include "client/interrupt.h"

namespace bench {

struct Setting {
    StreamSpec stream;
    Transport transport = Transport::pipe;
};

struct ThroughputFigures {
    std::string name;
    double points_per_second = 0, of_first = 0;
    double of_base = 0;  // 0 where there is none
    double cpu_ns_per_point = 0;
    size_t peak_memory = 0, own_memory = 0;  // bytes, the most of all rounds
    uint64_t points_in = 0, points_out = 0;  // of the last round
};

struct LatencyFigures {
    std::string name;
    size_t count = 0;                   // round trips; 0 where single messages are not answered
    double p50 = 0, p99 = 0, p999 = 0;  // microseconds
    double p50_of_first = 0;
    double p50_over_base = 0;  // microseconds; 0 where there is none
};

struct StartFigures {
    std::string name;
    double median = 0, worst = 0;  // milliseconds
};

class Comparison {
public:
    // Called before each measurement with what is measured; may draw it.
    using Progress = std::function<void(const std::string& what)>;

    // Options are for every function alike. All that is given by reference outlives this.
    Comparison(std::vector<Contender> contenders, std::vector<std::string> options, size_t rounds,
               client::Interrupt& interrupt, Progress progress);

    // Throw what a subject throws, with its name in front.
    std::vector<ThroughputFigures> throughput(const Setting& setting, Amount amount) const;
    std::vector<LatencyFigures> latency(const Setting& setting, size_t round_trips) const;
    std::vector<StartFigures> start(size_t starts) const;

private:
    template <class Measure>
    void each(const std::string& what, Measure&& measure) const;
    std::optional<size_t> base_of(size_t contender) const;

    const std::vector<Contender> contenders_;
    const std::vector<std::string> options_;
    const size_t rounds_;
    client::Interrupt& interrupt_;
    const Progress progress_;
};

}  // namespace bench
