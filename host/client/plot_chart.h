// SPDX-License-Identifier: MIT
//
// What a plot of a run shows: decides, from the values that have been gathered, which panels there are and how input
// and output lie in them.
//
//   - A panel for each field of the input. Output of the same field lies above it.
//   - Where all output of a field is input that was passed on, and some input was not, it is marked with rings.
//   - Fields that only the output has lie in the input's panel where there is one alone and their values are about
//     as large; others have a panel of their own.
#pragma once

#include <string>
#include <vector>

#include "client/plot_data.h"
#include "plot/chart.h"

namespace client {

struct PlotWords {
    std::string title, options;
    std::vector<std::string> facts = {};
    bool ended_early = false;  // output may be missing of what went in last
};

// Takes the values out of the data, as there may be many, and sorts them by time; the same one at the same time is
// drawn once.
plot::Chart make_chart(PlotData&& data, PlotWords words);

}  // namespace client
