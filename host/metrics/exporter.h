// SPDX-License-Identifier: MIT
//
// What udf-host and its module for Prometheus say to each other. The module is a shared object of its own, loaded only
// where `--metrics` is given: what it needs takes long to load. Both are built together, and `version` says so.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "metrics/families.h"

namespace metrics {

using Collect = std::function<std::vector<Family>()>;  // on a thread of the exporter's; must not throw

// Answers scrapes for as long as it lives. The destructor waits for one that is being made.
class Exporter {
public:
    Exporter() = default;
    virtual ~Exporter() = default;
    Exporter(const Exporter&) = delete;
    Exporter& operator=(const Exporter&) = delete;
};

struct ExporterModule {
    const char* version;  // of udf-host
    // `listening`: a TCP socket that is listened on, does not block, and outlives the exporter. Throws std::exception.
    std::unique_ptr<Exporter> (*start)(int listening, Collect collect);
};

inline constexpr const char* kExporterModuleFile = "udf-host-prometheus.so";
inline constexpr const char* kExporterModuleEntry = "udf_host_prometheus";  // an ExporterModule

}  // namespace metrics
