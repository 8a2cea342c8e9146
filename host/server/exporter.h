// SPDX-License-Identifier: MIT
//
// Answers Prometheus over HTTP, with the module that is made for it (metrics/exporter.h): loads that, and starts it on
// an address. Its threads are its own.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "metrics/exporter.h"
#include "server/listener.h"
#include "wire/endpoint.h"

namespace server {

// HOST:PORT; 0 is any port that is free. Throws std::invalid_argument, which says how it is written.
wire::Endpoint parse_metrics_address(std::string_view text);

// Where the module is looked for: as it is installed, from the executable on, or beside the executable, as it is built.
std::filesystem::path exporter_module();

class PrometheusExporter {
public:
    // Listens there, and answers with the module in the file. Throws std::runtime_error: what is wrong, where, and what
    // to do. The module stays loaded for good.
    PrometheusExporter(const std::filesystem::path& file, const wire::Endpoint& at, metrics::Collect collect);

    std::string address() const;  // HOST:PORT that it answers on

private:
    std::unique_ptr<Listener> listener_;
    std::unique_ptr<metrics::Exporter> exporter_;
};

}  // namespace server
