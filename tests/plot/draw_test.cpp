// SPDX-License-Identifier: MIT
#include "plot/draw.h"

#include <doctest/doctest.h>

#include <cmath>
#include <regex>
#include <string>

using namespace plot;

namespace {

size_t count(const std::string& text, const std::string& pattern) {
    const std::regex regex(pattern);
    return static_cast<size_t>(std::distance(std::sregex_iterator(text.begin(), text.end(), regex), {}));
}

// Lines that rise from 0 to 1 in ten seconds, one a group.
Chart rising(size_t groups) {
    Chart chart{
        .title = "mine", .options = "a=1", .facts = {"2 points"}, .groups = {}, .panels = {{"usage"}}, .notes = {}};
    for (size_t i = 0; i < groups; ++i) {
        chart.groups.push_back("host=" + std::to_string(i));
        chart.panels[0].lines.push_back({i, Look::plain, 0, "input", {{0, 0}, {10'000'000'000, 1}}});
    }
    return chart;
}

}  // namespace

TEST_CASE("a picture needs nothing else and is for light and dark") {
    const std::string svg = draw_svg(rising(2));
    CHECK(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    CHECK(count(svg, "prefers-color-scheme:dark") == 1);
    CHECK(count(svg, "<script|href|url\\(|@import") == 0);
    CHECK(count(svg, "http") == 1);  // the namespace
}

TEST_CASE("each group has a line in its colour and a name in the legend") {
    const std::string svg = draw_svg(rising(3));
    for (const std::string group : {"0", "1", "2"}) {
        CHECK(count(svg, "class=\"plain c" + group + " d0\"") == 1);
        CHECK(count(svg, ">host=" + group + "</text>") == 1);
    }
    CHECK(count(svg, "in grey") == 0);
}

TEST_CASE("groups beyond the colours are grey and counted") {
    const std::string svg = draw_svg(rising(11));
    CHECK(count(svg, "class=\"plain c[0-7] d0\"") == 8);
    CHECK(count(svg, "class=\"grey c8 d0\"") == 3);
    CHECK(count(svg, ">3 further groups in grey<") == 1);
}

TEST_CASE("groups with marks come first where there are more than colours") {
    Chart chart = rising(11);
    chart.panels[0].marks = {{9, {{0, 0}}}};
    const std::string svg = draw_svg(chart);
    CHECK(count(svg, ">host=9</text>") == 1);
    CHECK(count(svg, ">host=7</text>") == 0);
    CHECK(count(svg, "<circle class=\"ring c7\"") == 1);
}

TEST_CASE("a value that is no number breaks a line and one between two breaks is a dot") {
    Chart chart = rising(1);
    chart.panels[0].lines[0].samples = {{0, 0}, {1, 1}, {2, std::nan("")}, {3, 1}, {4, INFINITY}, {5, 0}, {6, 1}};
    const std::string svg = draw_svg(chart);
    CHECK(count(svg, "class=\"plain c0 d0\" d=\"M[^M\"]+M[^M\"]+M[^M\"]+\"") == 1);
    CHECK(count(svg, "class=\"dots c0\" d=\"M[^M\"]+h.01\"") == 1);
    CHECK(count(svg, "nan|inf") == 0);
}

TEST_CASE("names cannot break out of the picture") {
    Chart chart = rising(1);
    const std::string bad = "</title><script>\"&";
    chart.title = chart.options = chart.groups[0] = chart.panels[0].title = chart.panels[0].lines[0].name = bad;
    chart.panels[0].keys = {{Key::line, Look::plain, 0, bad}};
    chart.facts = chart.notes = {bad};
    for (const std::string& text : {draw_svg(chart), draw_html(chart)}) {
        CHECK(count(text, "<script>") == 0);
        CHECK(count(text, "&lt;script&gt;&quot;&amp;") >= 6);
    }
}

TEST_CASE("many groups with many values make a picture of bounded size") {
    Chart chart = rising(300);
    for (Line& line : chart.panels[0].lines) {
        line.samples.clear();
        for (int i = 0; i < 10'000; ++i) line.samples.push_back({i, static_cast<double>(i * 7919 % 1000)});
    }
    chart.panels[0].marks = {{0, chart.panels[0].lines[0].samples}, {299, chart.panels[0].lines[299].samples}};
    CHECK(draw_svg(chart).size() < 2'000'000);
}

TEST_CASE("a chart of nothing says so") {
    CHECK(count(draw_svg({.title = "mine", .options = "", .facts = {}, .groups = {}, .panels = {}, .notes = {}}),
                "there is nothing to plot") == 1);
}

TEST_CASE("a page holds the picture and the values under the pointer") {
    const std::string page = draw_html(rising(2));
    CHECK(page.starts_with("<!DOCTYPE html>"));
    CHECK(count(page, "<svg ") == 1);
    CHECK(count(page, "<circle class=\"h c[01]\"") == 4);
    CHECK(count(page, "host=1: input\n1 at 1970-01-01T00:00:10Z") == 1);
    CHECK(count(draw_svg(rising(2)), "<circle class=\"h ") == 0);
}
