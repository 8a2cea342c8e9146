// SPDX-License-Identifier: MIT
//
// Percentiles of a histogram, as far as its buckets tell: within a bucket everything is taken to be spread evenly.
#pragma once

#include "metrics/histogram.h"

namespace metrics {

// In seconds: `fraction` (0 to 1) of what was counted took no longer. 0 where nothing was counted; of what took longer
// than all buckets but the last, what it took at least.
double percentile(const Histogram& histogram, double fraction) noexcept;

// What was counted since `before`, an earlier state of the same.
Histogram since(const Histogram& now, const Histogram& before) noexcept;

}  // namespace metrics
