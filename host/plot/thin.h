// SPDX-License-Identifier: MIT
//
// Makes few samples of many such that the line looks the same: of each column of the picture the first, the least, the
// greatest and the last are kept, and that there was a break. A pure function.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "plot/chart.h"

namespace plot {

// Of samples by time, all in [from, to]; at most five for each of `columns`. All of them where they are that few.
std::vector<Sample> thin_out(std::span<const Sample> samples, int64_t from, int64_t to, size_t columns);

}  // namespace plot
