// SPDX-License-Identifier: MIT
#include "plot/thin.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace plot;

namespace {

std::vector<Sample> wave(size_t n) {
    std::vector<Sample> samples;
    for (size_t i = 0; i < n; ++i)
        samples.push_back({static_cast<int64_t>(i), std::sin(static_cast<double>(i) / 1000)});
    return samples;
}

bool has(const std::vector<Sample>& samples, Sample wanted) {
    return std::find(samples.begin(), samples.end(), wanted) != samples.end();
}

}  // namespace

TEST_CASE("few samples are all drawn") {
    const std::vector<Sample> samples = wave(400);
    CHECK(thin_out(samples, 0, 399, 100) == samples);
    CHECK(thin_out({}, 0, 1, 100).empty());
}

TEST_CASE("of many samples each column keeps the least and the greatest and its ends") {
    std::vector<Sample> samples = wave(100'000);
    samples[54'321].value = 7;
    samples[54'322].value = -7;
    const std::vector<Sample> thinned = thin_out(samples, 0, 99'999, 200);
    CHECK(thinned.size() <= 5 * 200);
    CHECK(has(thinned, samples[54'321]));
    CHECK(has(thinned, samples[54'322]));
    CHECK(thinned.front() == samples.front());
    CHECK(thinned.back() == samples.back());
    for (size_t i = 1; i < thinned.size(); ++i) CHECK(thinned[i].time - thinned[i - 1].time <= 2 * 100'000 / 200);
    CHECK(std::is_sorted(thinned.begin(), thinned.end(), [](auto& a, auto& b) { return a.time < b.time; }));
}

TEST_CASE("a break in many samples stays one") {
    std::vector<Sample> samples = wave(100'000);
    for (size_t i = 30'000; i < 30'010; ++i) samples[i].value = std::nan("");
    const std::vector<Sample> thinned = thin_out(samples, 0, 99'999, 200);
    CHECK(std::count_if(thinned.begin(), thinned.end(), [](const Sample& s) { return std::isnan(s.value); }) == 1);
}

TEST_CASE("samples may lie as far apart as times can") {
    constexpr int64_t kFirst = std::numeric_limits<int64_t>::min(), kLast = std::numeric_limits<int64_t>::max();
    std::vector<Sample> samples(1000, {kFirst, 1});
    samples.resize(2000, {kLast, 2});
    const std::vector<Sample> thinned = thin_out(samples, kFirst, kLast, 10);
    CHECK(thinned.front().time == kFirst);
    CHECK(thinned.back().time == kLast);
    CHECK(thinned.size() <= 8);
}
