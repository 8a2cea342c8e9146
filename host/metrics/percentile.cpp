// SPDX-License-Identifier: MIT
#include "metrics/percentile.h"

#include <algorithm>

namespace metrics {

double percentile(const Histogram& histogram, double fraction) noexcept {
    const double wanted = std::clamp(fraction, 0.0, 1.0) * static_cast<double>(histogram.count());
    double below = 0;
    double at = 0;
    for (size_t i = 0; i < Histogram::kBuckets; ++i) {
        const auto count = static_cast<double>(histogram.counts[i]);
        if (count == 0) continue;
        const double lower = i == 0 ? 0 : Histogram::upper_seconds(i - 1);
        if (i == Histogram::kBuckets - 1) return lower;
        at = lower + (Histogram::upper_seconds(i) - lower) * std::min((wanted - below) / count, 1.0);
        below += count;
        if (below >= wanted) break;
    }
    return at;
}

Histogram since(const Histogram& now, const Histogram& before) noexcept {
    const auto grown = [](uint64_t to, uint64_t from) { return to >= from ? to - from : 0; };
    Histogram between;
    for (size_t i = 0; i < Histogram::kBuckets; ++i) between.counts[i] = grown(now.counts[i], before.counts[i]);
    between.nanoseconds = grown(now.nanoseconds, before.nanoseconds);
    return between;
}

}  // namespace metrics
