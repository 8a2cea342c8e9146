// SPDX-License-Identifier: MIT
//
// A chart as a picture: SVG that needs nothing else, no script and no font, and follows its reader's wish for light or
// dark. Groups have colours that people who see fewer colours can tell apart; where there are more groups than such
// colours the further ones are grey. Pure functions.
#pragma once

#include <string>

#include "plot/chart.h"

namespace plot {

std::string draw_svg(const Chart& chart);

// The same in a page, where the values under the pointer are shown, as long as there are not too many of them.
std::string draw_html(const Chart& chart);

}  // namespace plot
