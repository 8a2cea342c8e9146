// SPDX-License-Identifier: MIT
//
// The module for Prometheus: prometheus-cpp's text of what the host collects, over HTTP. It keeps no count of its own.
//
// Not with the server that prometheus-cpp brings, civetweb: as distributions build it, it knows no IPv6, takes two
// seconds to end, and with its threads given to clients that say nothing it keeps Prometheus waiting.
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <cstdint>
#include <limits>
#include <utility>

#include "metrics/exporter.h"
#include "prometheus/scrape_server.h"

namespace {

using metrics::Family;
using Type = Family::Type;

prometheus::ClientMetric::Histogram cumulative(const metrics::Histogram& histogram) {
    prometheus::ClientMetric::Histogram result;
    uint64_t count = 0;
    for (size_t i = 0; i < metrics::Histogram::kBuckets; ++i) {
        count += histogram.counts[i];
        const bool last = i + 1 == metrics::Histogram::kBuckets;
        result.bucket.push_back(
            {count, last ? std::numeric_limits<double>::infinity() : metrics::Histogram::upper_seconds(i)});
    }
    result.sample_count = count;
    result.sample_sum = metrics::in_seconds(histogram.nanoseconds);
    return result;
}

prometheus::MetricFamily translated(Family&& family) {
    prometheus::MetricFamily result;
    result.name = std::move(family.name);
    result.help = std::move(family.help);
    result.type = family.type == Type::counter ? prometheus::MetricType::Counter
                  : family.type == Type::gauge ? prometheus::MetricType::Gauge
                                               : prometheus::MetricType::Histogram;
    for (metrics::Sample& sample : family.samples) {
        prometheus::ClientMetric& metric = result.metric.emplace_back();
        for (auto& [name, value] : sample.labels) metric.label.push_back({std::move(name), std::move(value)});
        if (family.type == Type::counter) metric.counter.value = sample.value;
        if (family.type == Type::gauge) metric.gauge.value = sample.value;
        if (family.type == Type::histogram) metric.histogram = cumulative(sample.histogram);
    }
    return result;
}

std::string text_of(const metrics::Collect& collect) {
    std::vector<prometheus::MetricFamily> all;
    for (Family& family : collect()) all.push_back(translated(std::move(family)));
    return prometheus::TextSerializer().Serialize(all);
}

class ScrapeExporter : public metrics::Exporter {
public:
    ScrapeExporter(int listening, metrics::Collect collect)
        : server_(listening, [collect = std::move(collect)] { return text_of(collect); }) {}

private:
    prometheus_module::ScrapeServer server_;
};

std::unique_ptr<metrics::Exporter> start(int listening, metrics::Collect collect) {
    return std::make_unique<ScrapeExporter>(listening, std::move(collect));
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const metrics::ExporterModule udf_host_prometheus;
const metrics::ExporterModule udf_host_prometheus{UDF_HOST_VERSION, start};
