// SPDX-License-Identifier: MIT
//
// --metrics, --metrics-to and --metrics-interval: who is told how the connections of this process stand, and what tells
// them.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "metrics/registry.h"
#include "server/exporter.h"
#include "server/metrics_sender.h"

namespace cli {

struct MetricsOptions {
    std::string prometheus;  // HOST:PORT to answer on; empty: nowhere
    std::string to;          // a server::Destination; empty: nobody
    double interval = 10;    // seconds

    bool operator==(const MetricsOptions&) const = default;
};

void add_metrics_to(CLI::App& app, MetricsOptions& options);
void add_prometheus(CLI::App& app, MetricsOptions& options);
// For a worker they are no options: its supervisor tells.
bool is_of_metrics(const std::string& option);

// While it lives, whoever wants to know is told. Make it after the signals of this process have been blocked; the
// registry outlives it.
class Telling {
public:
    // Throws std::runtime_error where Prometheus could not be answered.
    Telling(const MetricsOptions& options, const metrics::Registry& registry);
    // For the last time: call it before the process is left by _exit.
    void finish() noexcept;

private:
    std::unique_ptr<server::PrometheusExporter> exporter_;
    std::unique_ptr<server::MetricsSender> sender_;
};

}  // namespace cli
