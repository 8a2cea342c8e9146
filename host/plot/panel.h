// SPDX-License-Identifier: MIT
//
// One panel of a picture: its title and keys, axes, lines and marks. For draw.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plot/chart.h"

namespace plot {

struct Frame {
    double left, right, top, height;  // of the rectangle between the axes, in pixels
    int64_t from, to;                 // the times at its left and right, from < to
    bool shows_values;                // under the pointer
};

constexpr double kPanelHead = 30;  // of title and keys, above the frame
constexpr double kPanelFoot = 40;  // of the times, below it

// How wide the labels of its values are.
double label_width(const Panel& panel, double height);

// Appends SVG. `colours` has that of each group, as colours_of() gives it.
void draw_panel(std::string& svg, const Panel& panel, const Frame& frame, const Chart& chart,
                const std::vector<size_t>& colours);

}  // namespace plot
