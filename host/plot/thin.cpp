// SPDX-License-Identifier: MIT
#include "plot/thin.h"

#include <algorithm>
#include <cmath>

namespace plot {
namespace {

// The finite samples of a column; indices, as they are wanted in the order of their times.
struct Column {
    size_t first, last, least, greatest;
    bool any = false, broken = false;

    void take(std::span<const Sample> samples, size_t i) {
        const double value = samples[i].value;
        if (!std::isfinite(value)) {
            broken = true;
            return;
        }
        if (!any) first = least = greatest = i;
        any = true;
        last = i;
        if (value < samples[least].value) least = i;
        if (value > samples[greatest].value) greatest = i;
    }

    void give(std::span<const Sample> samples, int64_t begin, std::vector<Sample>& out) const {
        if (any) {
            size_t kept[] = {first, least, greatest, last};
            std::sort(std::begin(kept), std::end(kept));
            for (auto i = std::begin(kept), end = std::unique(i, std::end(kept)); i != end; ++i)
                out.push_back(samples[*i]);
        }
        if (broken) out.push_back({any ? samples[last].time : begin, std::nan("")});
    }
};

}  // namespace

std::vector<Sample> thin_out(std::span<const Sample> samples, int64_t from, int64_t to, size_t columns) {
    if (samples.size() <= 4 * columns) return {samples.begin(), samples.end()};
    // The difference of any two times, which a signed number may not hold.
    const auto after = [from](int64_t time) { return static_cast<uint64_t>(time) - static_cast<uint64_t>(from); };
    const double width = std::max(1.0, static_cast<double>(after(to)) / static_cast<double>(columns));
    const auto column_of = [&](const Sample& sample) {
        return std::min(columns - 1, static_cast<size_t>(static_cast<double>(after(sample.time)) / width));
    };
    std::vector<Sample> thinned;
    for (size_t i = 0; i < samples.size();) {
        const size_t column = column_of(samples[i]), begin = i;
        Column kept{};
        for (; i < samples.size() && column_of(samples[i]) == column; ++i) kept.take(samples, i);
        kept.give(samples, samples[begin].time, thinned);
    }
    return thinned;
}

}  // namespace plot
