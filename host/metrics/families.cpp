// SPDX-License-Identifier: MIT
#include "metrics/families.h"

#include <algorithm>
#include <map>

namespace metrics {
namespace {

using Type = Family::Type;
using LabelList = std::vector<std::pair<std::string, std::string>>;

LabelList list_of(const Labels& labels) {
    return {{"algorithm", labels.algorithm}, {"task", labels.task}, {"node", labels.node}};
}

LabelList with(const Labels& labels, const char* name, const std::string& value) {
    LabelList list = list_of(labels);
    list.emplace_back(name, value);
    return list;
}

struct Families {
    const Totals& totals;
    std::vector<Family> all = {};

    // One sample for each set of labels.
    template <class Value>
    void each(const char* name, Type type, const char* help, Value value) {
        Family& family = all.emplace_back(Family{name, help, type, {}});
        for (const auto& [labels, total] : totals)
            family.samples.push_back({list_of(labels), static_cast<double>(value(total)), {}});
    }
    template <class Value>
    void counter(const char* name, const char* help, Value value) {
        each(name, Type::counter, help, value);
    }
    template <class Value>
    void gauge(const char* name, const char* help, Value value) {
        each(name, Type::gauge, help, value);
    }

    void connections() {
        std::map<std::string, uint64_t> by_algorithm;
        for (const auto& [labels, total] : totals) by_algorithm[labels.algorithm] += total.connections;
        Family& family = all.emplace_back(
            Family{"udf_host_connections", "Connections of Kapacitor's that are served.", Type::gauge, {}});
        for (const auto& [algorithm, count] : by_algorithm)
            family.samples.push_back({{{"algorithm", algorithm}}, static_cast<double>(count), {}});
    }

    void handler() {
        Family& family = all.emplace_back(Family{
            "udf_host_handler_call_duration_seconds", "How long calls of the algorithm took.", Type::histogram, {}});
        for (const auto& [labels, total] : totals)  // empty where the algorithm is a function of others
            if (total.counts.handler.count() != 0) family.samples.push_back({list_of(labels), 0, total.counts.handler});
    }

    void guard() {
        Family& family = all.emplace_back(Family{
            "udf_host_guard_mended_total", "What each rule of the output guard found and mended.", Type::counter, {}});
        for (const auto& [labels, total] : totals)
            for (const auto& [rule, count] : total.counts.guard)
                family.samples.push_back({with(labels, "rule", rule), static_cast<double>(count), {}});
    }

    void restarts() {
        Family& family = all.emplace_back(
            Family{"udf_host_worker_restarts_total", "Workers that had to be replaced, by cause.", Type::counter, {}});
        for (const auto& [labels, total] : totals)
            for (size_t i = 0; i < kCauses.size(); ++i)
                family.samples.push_back(
                    {with(labels, "cause", kCauses[i]), static_cast<double>(total.counts.restarts[i]), {}});
    }

    void checkpoints(std::chrono::system_clock::time_point now) {
        Family age{
            "udf_host_checkpoint_age_seconds", "Since the last snapshot for a restart was taken.", Type::gauge, {}};
        Family bytes{"udf_host_checkpoint_bytes", "Size of the last snapshot for a restart.", Type::gauge, {}};
        for (const auto& [labels, total] : totals) {
            if (!total.checkpoint) continue;
            const std::chrono::duration<double> since = now - total.checkpoint->taken;
            age.samples.push_back({list_of(labels), std::max(since.count(), 0.0), {}});
            bytes.samples.push_back({list_of(labels), static_cast<double>(total.checkpoint->bytes), {}});
        }
        all.push_back(std::move(age));
        all.push_back(std::move(bytes));
    }
};

}  // namespace

std::vector<Family> families(const Totals& totals, std::chrono::system_clock::time_point now) {
    Families f{totals};
    f.all.push_back({"udf_host_build_info",
                     "The version that runs; always 1.",
                     Type::gauge,
                     {{{{"version", UDF_HOST_VERSION}}, 1, {}}}});
    f.connections();
    f.counter("udf_host_received_points_total", "Points that came from Kapacitor, those of batches too.",
              [](const Total& t) { return t.counts.in.points; });
    f.counter("udf_host_received_batches_total", "Batches that came from Kapacitor.",
              [](const Total& t) { return t.counts.in.batches; });
    f.counter("udf_host_received_bytes_total", "Bytes of all messages that came from Kapacitor.",
              [](const Total& t) { return t.counts.in.bytes; });
    f.counter("udf_host_sent_points_total", "Points that went to Kapacitor, those of batches too.",
              [](const Total& t) { return t.counts.out.points; });
    f.counter("udf_host_sent_batches_total", "Batches that went to Kapacitor.",
              [](const Total& t) { return t.counts.out.batches; });
    f.counter("udf_host_sent_bytes_total", "Bytes of all messages that went to Kapacitor.",
              [](const Total& t) { return t.counts.out.bytes; });
    f.handler();
    f.counter("udf_host_output_blocked_seconds_total", "Time with output that Kapacitor did not take.",
              [](const Total& t) { return in_seconds(t.counts.blocked_nanoseconds); });
    f.guard();
    f.restarts();
    f.counter("udf_host_worker_upgrades_total", "Workers that were replaced by a new version of their plugin.",
              [](const Total& t) { return t.counts.upgrades; });
    f.checkpoints(now);
    f.gauge("udf_host_journal_bytes", "Input since the last snapshot that is kept for a restart.",
            [](const Total& t) { return t.journal_bytes; });
    f.gauge("udf_host_journal_frames", "Messages since the last snapshot that are kept for a restart.",
            [](const Total& t) { return t.journal_frames; });
    f.counter("udf_host_quarantined_total", "Points and batches that were put aside, for they kill workers.",
              [](const Total& t) { return t.counts.quarantined; });
    f.counter("udf_host_dropped_total", "Messages that were dropped, for the journal was full.",
              [](const Total& t) { return t.counts.dropped; });
    return std::move(f.all);
}

}  // namespace metrics
