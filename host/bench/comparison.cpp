// SPDX-License-Identifier: MIT
#include "bench/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "bench/latency.h"

namespace bench {
namespace {

using Nanoseconds = std::chrono::duration<double, std::nano>;

double percentile(std::vector<double> values, double share) {
    if (values.empty()) return 0;
    const auto at = values.begin() + std::lround(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

double median(std::vector<double> values) { return percentile(std::move(values), 0.5); }

}  // namespace

Comparison::Comparison(std::vector<Contender> contenders, std::vector<std::string> options, size_t rounds,
                       client::Interrupt& interrupt, Progress progress)
    : contenders_(std::move(contenders)),
      options_(std::move(options)),
      rounds_(rounds),
      interrupt_(interrupt),
      progress_(std::move(progress)) {}

// Gives each contender its turn in each round.
template <class Measure>
void Comparison::each(const std::string& what, Measure&& measure) const {
    for (size_t round = 0; round < rounds_; ++round) {
        for (size_t i = 0; i < contenders_.size(); ++i) {
            progress_(fmt::format("{}, round {} of {}: {}", what, round + 1, rounds_, contenders_[i].name));
            interrupt_.check();
            try {
                measure(i, contenders_[i]);
            } catch (const client::Interrupted&) {
                throw;
            } catch (const std::exception& e) {
                throw std::runtime_error(fmt::format("{}: {}", contenders_[i].name, e.what()));
            }
        }
    }
}

// It has had its turn earlier in the round.
std::optional<size_t> Comparison::base_of(size_t contender) const {
    for (size_t i = 0; i < contender; ++i)
        if (contenders_[i].name == contenders_[contender].based_on) return i;
    return {};
}

std::vector<ThroughputFigures> Comparison::throughput(const Setting& setting, Amount amount) const {
    const Stream stream = make_stream(setting.stream);
    std::vector<ThroughputFigures> figures(contenders_.size());
    std::vector<std::vector<double>> speeds(contenders_.size()), ratios = speeds, shares = speeds, costs = speeds;
    each("throughput", [&](size_t i, const Contender& contender) {
        Subject subject(contender, setting.transport);
        subject.start(options_);
        const Throughput t = measure_throughput(subject, stream, amount, interrupt_);
        const auto points = static_cast<double>(t.points_in);
        speeds[i].push_back(points / std::chrono::duration<double>(t.time).count());
        ratios[i].push_back(speeds[i].back() / speeds[0].back());
        if (const auto base = base_of(i)) shares[i].push_back(speeds[i].back() / speeds[*base].back());
        costs[i].push_back(Nanoseconds(t.cpu_time).count() / points);
        figures[i].peak_memory = std::max(figures[i].peak_memory, t.peak_memory);
        figures[i].own_memory = std::max(figures[i].own_memory, t.own_memory);
        figures[i].points_in = t.points_in;
        figures[i].points_out = t.points_out;
    });
    for (size_t i = 0; i < contenders_.size(); ++i) {
        figures[i].name = contenders_[i].name;
        figures[i].points_per_second = median(speeds[i]);
        figures[i].of_first = median(ratios[i]);
        figures[i].of_base = median(shares[i]);
        figures[i].cpu_ns_per_point = median(costs[i]);
    }
    return figures;
}

std::vector<LatencyFigures> Comparison::latency(const Setting& setting, size_t round_trips) const {
    const Stream stream = make_stream(setting.stream);
    std::vector<LatencyFigures> figures(contenders_.size());
    std::vector<std::vector<double>> p50(contenders_.size()), p99 = p50, p999 = p50, ratios = p50, differences = p50;
    each("latency", [&](size_t i, const Contender& contender) {
        Subject subject(contender, setting.transport);
        subject.start(options_);
        std::vector<double> times;
        for (const auto time : measure_round_trips(subject, stream, round_trips, interrupt_))
            times.push_back(Nanoseconds(time).count() / 1000);
        figures[i].count += times.size();
        p50[i].push_back(percentile(times, 0.5));
        p99[i].push_back(percentile(times, 0.99));
        p999[i].push_back(percentile(times, 0.999));
        ratios[i].push_back(p50[i].back() / p50[0].back());
        if (const auto base = base_of(i)) differences[i].push_back(p50[i].back() - p50[*base].back());
    });
    for (size_t i = 0; i < contenders_.size(); ++i) {
        figures[i].name = contenders_[i].name;
        figures[i].p50 = median(p50[i]);
        figures[i].p99 = median(p99[i]);
        figures[i].p999 = median(p999[i]);
        figures[i].p50_of_first = median(ratios[i]);
        figures[i].p50_over_base = median(differences[i]);
    }
    return figures;
}

std::vector<StartFigures> Comparison::start(size_t starts) const {
    std::vector<std::vector<double>> times(contenders_.size());
    each("start", [&](size_t i, const Contender& contender) {
        for (size_t n = 0; n < starts; ++n) times[i].push_back(Nanoseconds(measure_start(contender)).count() / 1e6);
    });
    std::vector<StartFigures> figures;
    for (size_t i = 0; i < contenders_.size(); ++i)
        figures.push_back({contenders_[i].name, median(times[i]), percentile(times[i], 1)});
    return figures;
}

}  // namespace bench
