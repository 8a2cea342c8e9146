// SPDX-License-Identifier: MIT
#include "plot/draw.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <vector>

#include "plot/colours.h"
#include "plot/markup.h"
#include "plot/panel.h"

namespace plot {
namespace {

constexpr double kWidth = 960, kMargin = 24;  // pixels, as is all here
constexpr double kTitleFont = 18, kTextFont = 12;
constexpr double kLineHeight = 20;
constexpr size_t kMostSpots = 6'000;  // values under the pointer

template <typename... Args>
void put(std::string& svg, fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(svg), format, std::forward<Args>(args)...);
}

double panel_height(size_t panels) { return panels <= 1 ? 320 : panels == 2 ? 230 : 170; }

struct TimeRange {
    int64_t from = std::numeric_limits<int64_t>::max(), to = std::numeric_limits<int64_t>::min();

    void take(const std::vector<Sample>& samples) {  // which are by time
        if (samples.empty()) return;
        from = std::min(from, samples.front().time);
        to = std::max(to, samples.back().time);
    }
    bool is_empty() const { return from > to; }
    // One moment is in the middle of two seconds.
    void widen() {
        constexpr int64_t kSecond = 1'000'000'000;
        if (from != to) return;
        if (from > std::numeric_limits<int64_t>::min() + kSecond) from -= kSecond;
        if (to < std::numeric_limits<int64_t>::max() - kSecond) to += kSecond;
    }
};

TimeRange range_of(const Chart& chart) {
    TimeRange range;
    for (const Panel& panel : chart.panels) {
        for (const Line& line : panel.lines) range.take(line.samples);
        for (const Marks& marks : panel.marks) range.take(marks.samples);
    }
    if (!range.is_empty()) range.widen();
    return range;
}

size_t samples_in(const Chart& chart) {
    size_t samples = 0;
    for (const Panel& panel : chart.panels)
        for (const Line& line : panel.lines) samples += line.samples.size();
    return samples;
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " · ")); }

class Drawing {
public:
    explicit Drawing(const Chart& chart) : chart_(chart), colours_(colours_of(chart)), range_(range_of(chart)) {}

    std::string draw(bool shows_values) {
        head();
        legend();
        if (range_.is_empty())
            empty();
        else
            panels(shows_values && samples_in(chart_) <= kMostSpots);
        for (const std::string& note : chart_.notes) line(note);
        const double height = y_ + kMargin - 8;
        return fmt::format(
            R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1:.0f}" viewBox="0 0 {0} {1:.0f}" )"
            "role=\"img\">\n<title>{2}</title>\n<style>\n{3}</style>\n"
            "<rect class=\"ground\" width=\"{0}\" height=\"{1:.0f}\"/>\n{4}</svg>\n",
            kWidth, height, escaped(chart_.title + ' ' + chart_.options), svg_style(), body_);
    }

private:
    void head() {
        const std::string title = cut_to(chart_.title, kWidth / 2, kTitleFont);
        const double room = kWidth - 2 * kMargin - 14 - text_width(title, kTitleFont);
        y_ = 36;
        put(body_,
            R"(<text x="{}" y="{}"><tspan class="title">{}</tspan><tspan class="muted" )"
            "dx=\"14\">{}</tspan></text>\n",
            kMargin, y_, escaped(title), escaped(cut_to(chart_.options, room, kTextFont)));
        y_ += 2;
        if (!chart_.facts.empty()) line(joined(chart_.facts));
    }

    void line(const std::string& text) {
        y_ += kLineHeight;
        put(body_, "<text class=\"muted\" x=\"{}\" y=\"{:.1f}\">{}</text>\n", kMargin, y_,
            escaped(cut_to(text, kWidth - 2 * kMargin, kTextFont)));
    }

    // One group that has no name needs none.
    void legend() {
        if (chart_.groups.empty() || (chart_.groups.size() == 1 && chart_.groups.front().empty())) return;
        double left = kMargin;
        y_ += kLineHeight + 6;
        for (size_t group = 0; group < chart_.groups.size(); ++group)
            if (colours_[group] != kGrey)
                entry(left, colour_class(colours_[group]) + " strong",
                      chart_.groups[group].empty() ? "no group" : chart_.groups[group]);
        if (const auto greys = std::count(colours_.begin(), colours_.end(), kGrey); greys > 0)
            entry(left, colour_class(kGrey) + " plain",
                  fmt::format("{} further group{} in grey", greys, greys == 1 ? "" : "s"));
    }

    void entry(double& left, const std::string& classes, const std::string& name) {
        const std::string text = cut_to(name, 300, kTextFont);
        const double width = 26 + text_width(text, kTextFont);
        if (left > kMargin && left + width > kWidth - kMargin) {
            left = kMargin;
            y_ += kLineHeight;
        }
        put(body_, "<path class=\"{}\" d=\"M{:.1f},{:.1f}h18\"/><text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", classes,
            left, y_ - 4, left + 24, y_, escaped(text));
        left += width + 16;
    }

    void panels(bool shows_values) {
        const double height = panel_height(chart_.panels.size());
        double labels = 24;
        for (const Panel& panel : chart_.panels) labels = std::max(labels, label_width(panel, height));
        y_ += 14;
        for (const Panel& panel : chart_.panels) {
            y_ += kPanelHead;
            const Frame frame{kMargin + labels + 10, kWidth - kMargin - 10, y_, height, range_.from, range_.to,
                              shows_values};
            draw_panel(body_, panel, frame, chart_, colours_);
            y_ += height + kPanelFoot;
        }
    }

    void empty() {
        y_ += 90;
        put(body_, "<text class=\"muted middle\" x=\"{}\" y=\"{:.1f}\">there is nothing to plot</text>\n", kWidth / 2,
            y_);
        y_ += 60;
    }

    const Chart& chart_;
    const std::vector<size_t> colours_;
    const TimeRange range_;
    std::string body_;
    double y_ = 0;  // the base of the last line so far
};

}  // namespace

std::string draw_svg(const Chart& chart) { return Drawing(chart).draw(false); }

std::string draw_html(const Chart& chart) {
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
        R"(<meta name="viewport" )"
        "content=\"width=device-width\"/>\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n"
        "{}</body>\n</html>\n",
        escaped(chart.title), page_style(), Drawing(chart).draw(true));
}

}  // namespace plot
