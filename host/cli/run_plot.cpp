// SPDX-License-Identifier: MIT
#include "cli/run_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <utility>

#include "client/plot_chart.h"
#include "client/whole_file.h"
#include "log/log.h"
#include "plot/draw.h"
#include "text/rfc3339.h"

namespace cli {
namespace {

// What algorithms that work on one field call by its name.
std::vector<std::string> texts_in(const std::vector<client::pb::Option>& options) {
    std::vector<std::string> texts;
    for (const auto& option : options)
        for (const auto& value : option.values())
            if (value.type() == client::pb::STRING) texts.push_back(value.stringvalue());
    return texts;
}

// From the first to the last; empty where there is nothing.
std::string times_of(const client::PlotData& data) {
    using namespace std::chrono;
    int64_t from = std::numeric_limits<int64_t>::max(), to = std::numeric_limits<int64_t>::min();
    for (const auto* side : {&data.input(), &data.output()})
        for (const auto& [name, groups] : side->fields)
            for (const auto& samples : groups)
                for (const auto& sample : samples) {
                    from = std::min(from, sample.time);
                    to = std::max(to, sample.time);
                }
    if (from > to) return {};
    const auto written = [](int64_t time) { return text::rfc3339(system_clock::time_point(nanoseconds(time))); };
    return from == to ? written(from) : fmt::format("{} to {}", written(from), written(to));
}

client::PlotWords words_of(const RunOptions& run, const client::PlotData& data, bool ended_early) {
    client::PlotWords words{.title = run.name(), .options = fmt::format("{}", fmt::join(run.options, " "))};
    words.facts.push_back(fmt::format("{} point{} in, {} out", data.input().points, data.input().points == 1 ? "" : "s",
                                      data.output().points));
    if (!run.group_by.empty()) words.facts.push_back("grouped by " + run.group_by);
    if (!run.window.empty()) words.facts.push_back("window " + run.window);
    if (std::string times = times_of(data); !times.empty()) words.facts.push_back(std::move(times));
    words.ended_early = ended_early;
    return words;
}

}  // namespace

RunPlot::RunPlot(const RunOptions& run) : run_(run) {
    if (!run.plot_path.empty()) client::check_can_write_whole(run.plot_path);
}

void RunPlot::begin(client::Drive& drive, const std::vector<client::pb::Option>& options) {
    if (run_.plot_path.empty()) return;
    drive_ = &drive;
    drive.observe(&data_.emplace(run_.plot_fields, texts_in(options)));
}

void RunPlot::write() { write(false); }

void RunPlot::write_early() noexcept try { write(true); } catch (const std::exception& e) {
    logging::error(e.what());
}

void RunPlot::write(bool ended_early) {
    if (!data_) return;
    drive_->observe(nullptr);
    client::PlotData data = *std::exchange(data_, std::nullopt);
    const std::vector<std::string> missing = data.missing_fields(), left_out = data.left_out();
    client::PlotWords words = words_of(run_, data, ended_early);
    const plot::Chart chart = client::make_chart(std::move(data), std::move(words));
    for (const std::string& name : missing)
        logging::warning(fmt::format("--plot-field {}: neither input nor output has numbers in such a field", name));
    for (const std::string& said : left_out) logging::warning(fmt::format("{}: {}", run_.plot_path, said));
    if (chart.panels.empty() && missing.empty())
        logging::warning(fmt::format("{} is empty: neither input nor output has numbers", run_.plot_path));
    client::write_whole(run_.plot_path,
                        run_.plot_path.ends_with(".svg") ? plot::draw_svg(chart) : plot::draw_html(chart));
}

}  // namespace cli
