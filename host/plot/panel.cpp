// SPDX-License-Identifier: MIT
#include "plot/panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <limits>
#include <span>
#include <utility>

#include "plot/colours.h"
#include "plot/markup.h"
#include "plot/thin.h"
#include "plot/ticks.h"
#include "text/rfc3339.h"

namespace plot {
namespace {

constexpr size_t kMostGreyLines = 200;
constexpr size_t kGreyColumns = 20'000;  // of all of them together
constexpr size_t kRingColumns = 250;     // of one group: more rings would lie one over the other
constexpr double kTickFont = 11, kKeyFont = 12, kPanelTitleFont = 14;
constexpr double kTickCharacter = 6.6;  // pixels

template <typename... Args>
void write(std::string& svg, fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(svg), format, std::forward<Args>(args)...);
}

const char* class_of(Look look) { return look == Look::thin ? "thin" : look == Look::plain ? "plain" : "strong"; }

ValueAxis axis_of(const Panel& panel, double height) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    const auto take = [&](std::span<const Sample> samples) {
        for (const Sample& sample : samples)
            if (std::isfinite(sample.value)) {
                low = std::min(low, sample.value);
                high = std::max(high, sample.value);
            }
    };
    for (const Line& line : panel.lines) take(line.samples);
    for (const Marks& marks : panel.marks) take(marks.samples);
    if (low > high) low = 0, high = 1;
    return value_axis(low, high, static_cast<size_t>(height / 45));
}

std::string said(const Sample& sample) {
    using namespace std::chrono;
    return fmt::format("{:.12g} at {}", sample.value,
                       text::rfc3339(system_clock::time_point(nanoseconds(sample.time))));
}

class PanelDrawing {
public:
    PanelDrawing(std::string& svg, const Panel& panel, const Frame& frame, const Chart& chart,
                 const std::vector<size_t>& colours)
        : svg_(svg),
          panel_(panel),
          frame_(frame),
          chart_(chart),
          colours_(colours),
          axis_(axis_of(panel, frame.height)) {}

    void draw() {
        write(svg_, "<g>\n");
        head();
        values();
        times();
        const bool has_strong = std::any_of(panel_.lines.begin(), panel_.lines.end(),
                                            [](const Line& line) { return line.look == Look::strong; });
        grey_columns_ = columns();
        if (const auto greys = std::count_if(panel_.lines.begin(), panel_.lines.end(),
                                             [&](const Line& line) { return colours_[line.group] == kGrey; });
            greys > 0)
            grey_columns_ = std::clamp(kGreyColumns / static_cast<size_t>(greys), size_t{60}, columns());
        // What matters most comes last, and lies above.
        lines(true, has_strong ? Look::strong : Look::plain);
        for (const Look look : {Look::thin, Look::plain, Look::strong}) lines(false, look);
        for (const Marks& marks : panel_.marks)
            if (colours_[marks.group] == kGrey) rings(marks);
        for (const Marks& marks : panel_.marks)
            if (colours_[marks.group] != kGrey) rings(marks);
        if (frame_.shows_values)
            for (const Line& line : panel_.lines) spots(line);
        write(svg_, "</g>\n");
    }

private:
    double x(int64_t time) const {
        const auto after = static_cast<double>(static_cast<uint64_t>(time) - static_cast<uint64_t>(frame_.from));
        const auto range = static_cast<double>(static_cast<uint64_t>(frame_.to) - static_cast<uint64_t>(frame_.from));
        return frame_.left + after / range * (frame_.right - frame_.left);
    }
    double y(double value) const {
        const double share = (std::clamp(value, axis_.low, axis_.high) - axis_.low) / (axis_.high - axis_.low);
        return frame_.top + frame_.height * (1 - share);
    }
    size_t columns() const { return static_cast<size_t>(frame_.right - frame_.left); }

    // The title at the left, the keys at the right, as long as they leave room for it.
    void head() {
        const double base = frame_.top - 12;
        double right = frame_.right;
        for (auto key = panel_.keys.rbegin(); key != panel_.keys.rend(); ++key) {
            const std::string text = cut_to(key->text, 260, kKeyFont);
            const double left = right - text_width(text, kKeyFont) - 30;
            if (key->kind == Key::ring)
                write(svg_, R"(<circle class="ring key" cx="{:.1f}" cy="{:.1f}" r="4"/>)", left + 15, base - 4);
            else
                write(svg_, R"(<path class="key {} d{}" d="M{:.1f},{:.1f}h22"/>)", class_of(key->look), key->dash, left,
                      base - 4);
            write(svg_, "<text class=\"muted\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", left + 28, base, escaped(text));
            right = left - 18;
        }
        write(svg_, "<text class=\"panel\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", frame_.left, base,
              escaped(cut_to(panel_.title, std::max(60.0, right - frame_.left), kPanelTitleFont)));
    }

    void values() {
        for (const ValueAxis::Tick& tick : axis_.ticks) {
            const double at = y(tick.value);
            write(svg_, R"(<path class="{}" d="M{:.1f},{:.1f}H{:.1f}"/>)",
                  &tick == &axis_.ticks.front() ? "axis" : "grid", frame_.left, at, frame_.right);
            write(svg_, "<text class=\"muted tick end\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", frame_.left - 8, at + 4,
                  tick.label);
        }
    }

    void times() {
        const double bottom = frame_.top + frame_.height;
        const char* zone = " UTC";  // once is enough
        for (const TimeTick& tick : time_ticks(frame_.from, frame_.to, kTickCharacter / (frame_.right - frame_.left))) {
            const double at = x(tick.time);
            write(svg_, R"(<path class="grid" d="M{:.1f},{:.1f}V{:.1f}"/>)", at, frame_.top, bottom);
            write(svg_, R"(<path class="axis" d="M{:.1f},{:.1f}v4"/>)", at, bottom);
            write(svg_, "<text class=\"muted tick middle\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", at, bottom + 17,
                  tick.label);
            if (tick.date.empty()) continue;
            write(svg_, "<text class=\"muted tick middle\" x=\"{:.1f}\" y=\"{:.1f}\">{}{}</text>\n", at, bottom + 31,
                  tick.date, std::exchange(zone, ""));
        }
    }

    void lines(bool grey, Look look) {
        size_t drawn = 0;
        for (const Line& line : panel_.lines) {
            if (line.look != look || (colours_[line.group] == kGrey) != grey) continue;
            if (grey && ++drawn > kMostGreyLines) break;
            const auto samples = thin_out(line.samples, frame_.from, frame_.to, grey ? grey_columns_ : columns());
            write(svg_, R"(<path class="{} {} d{}" d=")", grey ? "grey" : class_of(look),
                  colour_class(colours_[line.group]), line.dash);
            const std::string dots = trace(samples);
            write(svg_, "\"><title>{}</title></path>\n", escaped(name_of(line)));
            if (!dots.empty())
                write(svg_, "<path class=\"dots {}\" d=\"{}\"/>\n", colour_class(colours_[line.group]), dots);
        }
    }

    // Writes what a path goes along; the samples that are alone between two breaks, which it does not show, it returns
    // as a path of dots: without length, but with round ends.
    std::string trace(std::span<const Sample> samples) {
        std::string dots;
        size_t length = 0;
        const auto is_break = [&](size_t i) { return i >= samples.size() || !std::isfinite(samples[i].value); };
        for (size_t i = 0; i < samples.size(); ++i) {
            if (is_break(i)) {
                length = 0;
                continue;
            }
            const double at = x(samples[i].time), level = y(samples[i].value);
            if (length == 0 && is_break(i + 1)) write(dots, "M{:.1f},{:.1f}h.01", at, level);
            write(svg_, "{}{:.1f},{:.1f}", length++ == 0 ? "M" : " ", at, level);
        }
        return dots;
    }

    void rings(const Marks& marks) {
        const size_t colour = colours_[marks.group];
        for (const Sample& sample : thin_out(marks.samples, frame_.from, frame_.to, kRingColumns))
            write(svg_, "<circle class=\"ring {}{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"><title>{}</title></circle>\n",
                  colour_class(colour), colour == kGrey ? " grey" : "", x(sample.time), y(sample.value),
                  colour == kGrey ? 3 : 4, escaped(fmt::format("{}\n{}", chart_.groups[marks.group], said(sample))));
    }

    void spots(const Line& line) {
        const size_t colour = colours_[line.group];
        if (colour == kGrey) return;
        for (const Sample& sample : line.samples)
            if (std::isfinite(sample.value))
                write(svg_, "<circle class=\"h {}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\"><title>{}</title></circle>\n",
                      colour_class(colour), x(sample.time), y(sample.value),
                      escaped(fmt::format("{}\n{}", name_of(line), said(sample))));
    }

    std::string name_of(const Line& line) const {
        const std::string& group = chart_.groups[line.group];
        return group.empty() ? line.name : fmt::format("{}: {}", group, line.name);
    }

    std::string& svg_;
    const Panel& panel_;
    const Frame& frame_;
    const Chart& chart_;
    const std::vector<size_t>& colours_;
    const ValueAxis axis_;
    size_t grey_columns_ = 0;
};

}  // namespace

double label_width(const Panel& panel, double height) {
    double width = 0;
    for (const ValueAxis::Tick& tick : axis_of(panel, height).ticks)
        width = std::max(width, text_width(tick.label, kTickFont));
    return width;
}

void draw_panel(std::string& svg, const Panel& panel, const Frame& frame, const Chart& chart,
                const std::vector<size_t>& colours) {
    PanelDrawing(svg, panel, frame, chart, colours).draw();
}

}  // namespace plot
