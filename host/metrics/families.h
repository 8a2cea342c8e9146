// SPDX-License-Identifier: MIT
//
// Totals in Prometheus' terms: families of metrics with a name, a help text and a sample for each set of labels. How
// they get to Prometheus is the exporter's business (metrics/exporter.h). Plain functions; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "metrics/histogram.h"
#include "metrics/totals.h"

namespace metrics {

struct Sample {
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0;     // of a counter or a gauge
    Histogram histogram;  // of a histogram
};

struct Family {
    enum class Type : uint8_t { counter, gauge, histogram };
    std::string name, help;
    Type type;
    std::vector<Sample> samples;
};

// All families in a fixed order, those without samples too; `now` is what the age of a checkpoint is measured from.
std::vector<Family> families(const Totals& totals, std::chrono::system_clock::time_point now);

}  // namespace metrics
