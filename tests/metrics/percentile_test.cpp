// SPDX-License-Identifier: MIT
#include "metrics/percentile.h"

#include <doctest/doctest.h>

using metrics::Histogram;
using metrics::percentile;

TEST_CASE("a percentile lies between the ends of its bucket, as far into it as its share is") {
    Histogram histogram;
    histogram.counts[Histogram::bucket_of(100'000)] = 10;  // 64 us to 128 us
    CHECK(percentile(histogram, 0.5) == doctest::Approx(96e-6));
    CHECK(percentile(histogram, 1) == doctest::Approx(128e-6));
    CHECK(percentile(histogram, 0) == doctest::Approx(64e-6));
}

TEST_CASE("a percentile passes over the buckets below it") {
    Histogram histogram;
    histogram.counts[0] = 98;
    histogram.counts[10] = 2;  // 512 us to 1024 us
    CHECK(percentile(histogram, 0.49) == doctest::Approx(0.5e-6));
    CHECK(percentile(histogram, 0.99) == doctest::Approx(768e-6));
}

TEST_CASE("what took longer than can be told took that long at least") {
    Histogram histogram;
    histogram.counts[Histogram::kBuckets - 1] = 1;
    CHECK(percentile(histogram, 0.5) == Histogram::upper_seconds(Histogram::kBuckets - 2));
}

TEST_CASE("where nothing was counted no percentile is more than nothing") { CHECK(percentile({}, 0.99) == 0); }

TEST_CASE("what was counted since an earlier look is the difference") {
    Histogram before, now;
    before.counts[3] = 5;
    before.nanoseconds = 100;
    now = before;
    now.counts[3] += 2;
    now.nanoseconds += 7;
    const Histogram between = metrics::since(now, before);
    CHECK(between.count() == 2);
    CHECK(between.nanoseconds == 7);
    CHECK(metrics::since(before, now).count() == 0);
}

TEST_CASE("each time is counted in the first bucket that is long enough for it") {
    CHECK(Histogram::bucket_of(0) == 0);
    CHECK(Histogram::bucket_of(1000) == 0);
    CHECK(Histogram::bucket_of(1001) == 1);
    CHECK(Histogram::bucket_of(2000) == 1);
    CHECK(Histogram::bucket_of(2001) == 2);
    CHECK(Histogram::bucket_of(UINT64_MAX) == Histogram::kBuckets - 1);
}
