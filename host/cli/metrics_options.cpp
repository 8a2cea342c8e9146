// SPDX-License-Identifier: MIT
#include "cli/metrics_options.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <stdexcept>

#include "cli/serving.h"
#include "log/log.h"
#include "metrics/families.h"
#include "metrics/totals.h"

namespace cli {
namespace {

constexpr double kShortestInterval = 0.1;  // seconds

std::string check_interval(const std::string& text) {
    if (std::string problem = check_seconds(text); !problem.empty()) return problem;
    double seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return seconds >= kShortestInterval ? std::string() : "'" + text + "' is too often: 0.1 seconds at least";
}

// What is wrong with text that `parse` reads; empty where nothing is.
template <class Parse>
auto read_by(Parse parse) {
    return [parse](const std::string& text) {
        try {
            parse(text);
            return std::string();
        } catch (const std::invalid_argument& e) {
            return std::string(e.what());
        }
    };
}

}  // namespace

void add_metrics_to(CLI::App& app, MetricsOptions& options) {
    app.add_option("--metrics-to", options.to,
                   "Send metrics there as line protocol in datagrams, as Telegraf's socket_listener takes them; nobody "
                   "waits for it, and it need not be there")
        ->type_name("unixgram:PATH|udp:HOST:PORT")
        ->check(read_by(server::parse_destination));
    app.add_option("--metrics-interval", options.interval, "Seconds between two times that --metrics-to is told")
        ->type_name("SECONDS")
        ->capture_default_str()
        ->check(check_interval);
}

void add_prometheus(CLI::App& app, MetricsOptions& options) {
    app.add_option("--metrics", options.prometheus,
                   "Answer Prometheus over HTTP there, at /metrics; with port 0 on one that is free, which is logged. "
                   "Whoever can connect can read: give no address of a public network")
        ->type_name("HOST:PORT")
        ->check(read_by(server::parse_metrics_address));
}

bool is_of_metrics(const std::string& option) { return option.starts_with("--metrics"); }

Telling::Telling(const MetricsOptions& options, const metrics::Registry& registry) {
    const auto read = [&registry] { return metrics::totals(registry.with_ended()); };
    if (!options.prometheus.empty()) {
        exporter_ = std::make_unique<server::PrometheusExporter>(
            server::exporter_module(), server::parse_metrics_address(options.prometheus),
            [read] { return metrics::families(read(), std::chrono::system_clock::now()); });
        logging::info("Prometheus is answered", {{"url", fmt::format("http://{}/metrics", exporter_->address())}});
    }
    if (!options.to.empty())
        sender_ = std::make_unique<server::MetricsSender>(server::parse_destination(options.to),
                                                          from_seconds(options.interval), read);
}

void Telling::finish() noexcept {
    exporter_.reset();
    if (sender_) sender_->finish();
}

}  // namespace cli
