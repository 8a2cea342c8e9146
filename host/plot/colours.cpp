// SPDX-License-Identifier: MIT
#include "plot/colours.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace plot {
namespace {

struct Theme {
    const char *ground, *ink, *muted, *grid, *axis, *grey;
    double thin;  // how opaque a thin line is
    const char* colours[kColours];
};

constexpr Theme kLight{
    "#ffffff", "#1c2127",
    "#59626d", "#e9ebee",
    "#b9c0c8", "#9aa3ad",
    0.38,      {"#001f93", "#ff4813", "#2aa27d", "#d965e0", "#6302f8", "#524a01", "#755f95", "#63024b"}};
constexpr Theme kDark{
    "#14181d", "#e6e9ed",
    "#9ba5b0", "#262c33",
    "#4a535d", "#6b7580",
    0.42,      {"#14dcff", "#ffa4a1", "#00ac04", "#a389ff", "#dfe105", "#b91b96", "#0052f6", "#79611d"}};

// No variables: some that show SVG do not know them.
std::string rules_of(const Theme& theme) {
    std::string rules = fmt::format(
        ".ground,.ring{{fill:{0}}}text{{fill:{1}}}.muted{{fill:{2}}}.grid{{stroke:{3}}}.axis{{stroke:{4}}}"
        ".key{{stroke:{2}}}.c{5}{{stroke:{6}}}.h.c{5}{{fill:{6}}}.thin{{stroke-opacity:{7}}}\n",
        theme.ground, theme.ink, theme.muted, theme.grid, theme.axis, kGrey, theme.grey, theme.thin);
    for (size_t i = 0; i < kColours; ++i)
        rules += fmt::format(".c{0}{{stroke:{1}}}.h.c{0}{{fill:{1}}}\n", i, theme.colours[i]);
    return rules;
}

}  // namespace

std::vector<size_t> colours_of(const Chart& chart) {
    std::vector<size_t> marks(chart.groups.size()), order(chart.groups.size());
    for (const Panel& panel : chart.panels)
        for (const Marks& of_group : panel.marks) marks[of_group.group] += of_group.samples.size();
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return marks[a] > marks[b]; });
    order.resize(std::min(order.size(), kColours));
    std::sort(order.begin(), order.end());
    std::vector<size_t> colours(chart.groups.size(), kGrey);
    for (size_t i = 0; i < order.size(); ++i) colours[order[i]] = i;
    return colours;
}

std::string colour_class(size_t colour) { return fmt::format("c{}", colour); }

std::string svg_style() {
    return "text{font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;font-size:12px}"
           ".title{font-size:18px;font-weight:600}.panel{font-size:14px;font-weight:600}.tick{font-size:11px}"
           ".end{text-anchor:end}.middle{text-anchor:middle}.grid,.axis{stroke-width:1;shape-rendering:crispEdges}"
           "path{fill:none;stroke-linejoin:round;stroke-linecap:round}"
           ".thin{stroke-width:1.2}.plain{stroke-width:1.4}.strong{stroke-width:2.2}"
           ".dots{stroke-width:5}.grey{stroke-width:0.8}.ring{stroke-width:2}.ring.grey{stroke-width:1.4}"
           ".d1{stroke-dasharray:7 4}.d2{stroke-dasharray:2 4}"
           ".h{fill-opacity:0;stroke:none}.h:hover{fill-opacity:0.6}\n" +
           rules_of(kLight) + "@media (prefers-color-scheme:dark){\n" + rules_of(kDark) + "}\n";
}

std::string_view page_style() {
    return ":root{color-scheme:light dark}body{margin:0;background:#fff}"
           "svg{display:block;margin:0 auto;width:100%;max-width:1200px;height:auto}"
           "@media (prefers-color-scheme:dark){body{background:#14181d}}";
}

}  // namespace plot
