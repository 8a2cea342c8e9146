// SPDX-License-Identifier: MIT
//
// Who gets which colour, and how a picture looks: one palette for light and one for dark. Between any two of its eight
// colours lies a distance in OKLab of 0.11 or more, for the usual eye as for each of the three kinds that see fewer
// (as Machado, Oliveira and Fernandes simulate them), and each has a contrast of 3 to 1 to the ground.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plot/chart.h"

namespace plot {

constexpr size_t kColours = 8;
constexpr size_t kGrey = kColours;  // of all groups beyond

// The colour of each group, below kColours or kGrey. Where there are more groups, those with most marks have the
// colours, and among these the first.
std::vector<size_t> colours_of(const Chart& chart);

// The class of what is drawn in it.
std::string colour_class(size_t colour);

// The style sheet of the picture; and that of a page around it.
std::string svg_style();
std::string_view page_style();

}  // namespace plot
