// SPDX-License-Identifier: MIT
#include "client/plot_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "text/rfc3339.h"

namespace client {
namespace {

using plot::Look;
using plot::Panel;
using plot::Sample;
using Groups = PlotData::Groups;

constexpr size_t kDashes = 3;  // that can be told apart

size_t count(const Groups& groups) {
    size_t samples = 0;
    for (const auto& of_group : groups) samples += of_group.size();
    return samples;
}

// By time, each once: windows that overlap have the same point several times.
Groups in_order(Groups groups) {
    const auto bits = [](double value) { return std::isnan(value) ? std::numeric_limits<double>::infinity() : value; };
    for (auto& samples : groups) {
        const auto before = [&](const Sample& a, const Sample& b) {
            return std::tuple(a.time, bits(a.value)) < std::tuple(b.time, bits(b.value));
        };
        // A stream is mostly in order already.
        if (!std::is_sorted(samples.begin(), samples.end(), [](auto& a, auto& b) { return a.time < b.time; }))
            std::stable_sort(samples.begin(), samples.end(), before);
        samples.erase(std::unique(samples.begin(), samples.end()), samples.end());
    }
    return groups;
}

bool is_passed_on(const Groups& input, const Groups& output) {
    const auto less = [](const Sample& a, const Sample& b) {
        return std::tuple(a.time, a.value) < std::tuple(b.time, b.value);
    };
    for (size_t group = 0; group < output.size(); ++group) {
        if (output[group].empty()) continue;
        if (group >= input.size()) return false;
        std::vector<Sample> in = input[group], out = output[group];
        for (auto* samples : {&in, &out}) {
            std::erase_if(*samples, [](const Sample& sample) { return std::isnan(sample.value); });
            std::sort(samples->begin(), samples->end(), less);
        }
        if (!std::includes(in.begin(), in.end(), out.begin(), out.end(), less)) return false;
    }
    return true;
}

// Whether input was left out before the last output, which may be missing only because the run went no further.
bool leaves_gaps(const Groups& input, const Groups& output) {
    for (size_t group = 0; group < std::min(input.size(), output.size()); ++group) {
        const auto &in = input[group], &out = output[group];
        if (out.empty()) continue;
        const auto later = std::upper_bound(in.begin(), in.end(), out.back().time,
                                            [](int64_t time, const Sample& sample) { return time < sample.time; });
        if (static_cast<size_t>(later - in.begin()) > out.size()) return true;
    }
    return false;
}

struct Range {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    Range() = default;
    explicit Range(const Groups& groups) {
        for (const auto& samples : groups)
            for (const Sample& sample : samples)
                if (std::isfinite(sample.value)) {
                    low = std::min(low, sample.value);
                    high = std::max(high, sample.value);
                }
    }
    double size() const { return high - low; }
};

// Whether both can be read on one axis.
bool have_one_scale(const Range& in, const Range& out) {
    if (in.low > in.high || out.low > out.high) return true;
    const double both = std::max(in.high, out.high) - std::min(in.low, out.low);
    return both <= 1.6 * in.size() && (out.size() == 0 || out.size() >= 0.05 * both);
}

void put(Panel& panel, Groups groups, const plot::Key& key) {
    for (size_t group = 0; group < groups.size(); ++group)
        if (!groups[group].empty())
            panel.lines.push_back({group, key.look, key.dash, key.text, std::move(groups[group])});
    panel.keys.push_back(key);
}

void put_marks(Panel& panel, Groups groups, std::string what) {
    for (size_t group = 0; group < groups.size(); ++group) {
        std::erase_if(groups[group], [](const Sample& sample) { return !std::isfinite(sample.value); });
        if (!groups[group].empty()) panel.marks.push_back({group, std::move(groups[group])});
    }
    panel.keys.push_back({plot::Key::ring, Look::plain, 0, std::move(what)});
}

class ChartMaker {
public:
    ChartMaker(PlotData&& data, PlotWords words)
        : data_(std::move(data)), inputs_(data_.input_fields()), is_whole_(!words.ended_early && !data_.is_full()) {
        chart_.title = std::move(words.title);
        chart_.options = std::move(words.options);
        chart_.facts = std::move(words.facts);
        if (words.ended_early) chart_.notes.emplace_back("The run ended before its input had ended.");
    }

    plot::Chart make() {
        for (const std::string& name : inputs_) {
            Groups output;
            if (const auto found = data_.output().fields.find(name); found != data_.output().fields.end())
                output = in_order(std::move(found->second));
            panel_of_input(name, in_order(std::move(data_.input().fields.at(name))), std::move(output));
        }
        for (auto& [name, groups] : data_.output().fields)
            if (std::find(inputs_.begin(), inputs_.end(), name) == inputs_.end())
                panel_of_output(name, in_order(std::move(groups)));
        finish();
        return std::move(chart_);
    }

private:
    void panel_of_input(const std::string& name, Groups input, Groups output) {
        Panel panel{name};
        range_ = Range(input);
        note_mixture(input);
        const size_t in = count(input), out = count(output);
        if (out == 0) {
            put(panel, std::move(input), {plot::Key::line, Look::plain, 0, "input"});
        } else if (out < in && (is_whole_ || leaves_gaps(input, output)) && is_passed_on(input, output)) {
            put(panel, std::move(input), {plot::Key::line, Look::plain, 0, "input"});
            put_marks(panel, std::move(output), fmt::format("passed on ({} of {})", out, in));
        } else if (input == output) {
            put(panel, std::move(input), {plot::Key::line, Look::plain, 0, "input and output, the same"});
        } else if (have_one_scale(range_, Range(output))) {
            put(panel, std::move(input), {plot::Key::line, Look::thin, 0, "input"});
            put(panel, std::move(output), {plot::Key::line, Look::strong, 0, "output"});
        } else {
            put(panel, std::move(input), {plot::Key::line, Look::plain, 0, "input"});
            chart_.panels.push_back(std::move(panel));
            return own_panel(name, std::move(output));
        }
        chart_.panels.push_back(std::move(panel));
    }

    // Whoever forgets the groups sees one line that jumps between several series.
    void note_mixture(const Groups& input) {
        size_t same = 0;
        for (const auto& samples : input)
            for (size_t i = 1; i < samples.size(); ++i) same += samples[i].time == samples[i - 1].time ? 1 : 0;
        if (is_mixture_noted_ || 3 * same < count(input)) return;
        is_mixture_noted_ = true;
        chart_.notes.emplace_back(
            "Many points of a group have the same time: its line goes through several series. Is a --group-by "
            "missing?");
    }

    void panel_of_output(const std::string& name, Groups output) {
        const bool is_guest = inputs_.size() == 1 && guests_ < kDashes && have_one_scale(range_, Range(output));
        if (!is_guest) return own_panel(name, std::move(output));
        Panel& panel = chart_.panels.front();
        // What the output passes on of the input itself says less than what it makes of it.
        for (plot::Line& line : panel.lines)
            if (line.look == Look::plain) line.look = Look::thin;
        for (plot::Key& key : panel.keys)
            if (key.kind == plot::Key::line && key.look == Look::plain) key.look = Look::thin;
        put(panel, std::move(output), {plot::Key::line, Look::strong, guests_++, name + ", output"});
    }

    void own_panel(const std::string& name, Groups output) {
        Panel panel{name};
        put(panel, std::move(output), {plot::Key::line, Look::strong, 0, "output"});
        chart_.panels.push_back(std::move(panel));
    }

    // Groups of which something is drawn keep their names; others are not in the legend.
    void finish() {
        std::vector<size_t> index(data_.groups().size(), data_.groups().size());
        const auto renumber = [&](size_t& group) {
            if (index[group] == data_.groups().size()) {
                index[group] = chart_.groups.size();
                chart_.groups.push_back(data_.groups()[group]);
            }
            group = index[group];
        };
        std::vector<bool> drawn(data_.groups().size());
        for (const Panel& panel : chart_.panels)
            for (const plot::Line& line : panel.lines) drawn[line.group] = true;
        for (size_t group = 0; group < drawn.size(); ++group)
            if (size_t any = group; drawn[group]) renumber(any);
        for (Panel& panel : chart_.panels) {
            for (plot::Line& line : panel.lines) renumber(line.group);
            for (plot::Marks& marks : panel.marks) renumber(marks.group);
        }
        for (std::string& note : data_.left_out()) chart_.notes.push_back(std::move(note));
        if (data_.input().points > 0 && data_.output().points == 0)
            chart_.notes.emplace_back("Nothing came out of the algorithm.");
    }

    PlotData data_;
    const std::vector<std::string> inputs_;
    const bool is_whole_;
    plot::Chart chart_;
    Range range_;  // of the last field of the input
    size_t guests_ = 0;
    bool is_mixture_noted_ = false;
};

}  // namespace

plot::Chart make_chart(PlotData&& data, PlotWords words) {
    return ChartMaker(std::move(data), std::move(words)).make();
}

}  // namespace client
