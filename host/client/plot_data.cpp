// SPDX-License-Identifier: MIT
#include "client/plot_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace client {
namespace {

constexpr size_t kKnownInputs = 10'000;  // names; a hostile file has more
constexpr size_t kNone = std::numeric_limits<size_t>::max();

bool has(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

PlotData::PlotData(std::vector<std::string> fields, std::vector<std::string> likely, Limits limits)
    : fields_(std::move(fields)), likely_(std::move(likely)), limits_(limits) {}

void PlotData::sent(const pb::Request& request) { take(sent_, request); }

void PlotData::received(const pb::Response& response) { take(received_, response); }

// The points of a batch are in its group, whatever they say themselves.
template <typename Message>
void PlotData::take(Stream& stream, const Message& message) {
    if (message.has_begin()) {
        stream.in_batch = true;
        stream.batch_group = message.begin().group();
    } else if (message.has_end()) {
        stream.in_batch = false;
    } else if (message.has_point()) {
        take_point(*stream.side, message.point(), stream.in_batch ? stream.batch_group : message.point().group());
    }
}

void PlotData::take_point(Side& side, const pb::Point& point, const std::string& group) {
    ++side.points;
    const size_t index = index_of(group);
    if (index == kNone) return;
    for (const auto& [name, value] : point.fieldsdouble()) add(side, name, index, point.time(), value);
    for (const auto& [name, value] : point.fieldsint())
        if (point.fieldsdouble().find(name) == point.fieldsdouble().end())
            add(side, name, index, point.time(), static_cast<double>(value));
}

void PlotData::add(Side& side, Name field, size_t group, int64_t time, double value) {
    Groups* const series = series_of(side, field);
    if (series == nullptr) return;
    if (values_ == limits_.values) {
        is_full_ = true;
        return;
    }
    ++values_;
    if (series->size() <= group) series->resize(group + 1);
    (*series)[group].push_back({time, value});
}

// Null where it is not to be drawn.
PlotData::Groups* PlotData::series_of(Side& side, Name field) {
    if (const auto known = side.fields.find(field); known != side.fields.end()) return &known->second;
    if (!is_wanted(side, field)) return nullptr;
    if (side.fields.size() == limits_.fields && fields_.empty() && !has(likely_, field)) {
        misses_fields_ = true;
        return nullptr;
    }
    return &side.fields.emplace(field, Groups()).first->second;
}

bool PlotData::is_wanted(const Side& side, Name field) {
    if (&side == &input_) {
        if (known_inputs_.size() < kKnownInputs) known_inputs_.emplace(field);
        if (!fields_.empty()) return has(fields_, field);
        if (!has_likely_ && has(likely_, field)) {  // then all others are not what this is about
            has_likely_ = true;
            for (const auto& [name, groups] : std::exchange(input_.fields, {}))
                for (const auto& samples : groups) values_ -= samples.size();
            misses_fields_ = false;
        }
        return !has_likely_ || has(likely_, field);
    }
    if (has(fields_, field)) return true;
    // What the function has made is drawn, and what it passes on where the input's is.
    const bool is_of_input = known_inputs_.find(field) != known_inputs_.end();
    return is_of_input ? input_.fields.find(field) != input_.fields.end() : true;
}

size_t PlotData::index_of(const std::string& group) {
    if (const auto known = group_indices_.find(group); known != group_indices_.end()) return known->second;
    if (groups_.size() == limits_.groups) {
        misses_groups_ = true;
        return kNone;
    }
    groups_.push_back(group);
    std::replace(groups_.back().begin(), groups_.back().end(), '\n', ' ');  // after the measurement
    group_indices_.emplace(group, groups_.size() - 1);
    return groups_.size() - 1;
}

std::vector<std::string> PlotData::input_fields() const {
    std::vector<std::string> names;
    const auto take = [&](const std::string& name) {
        if (input_.fields.find(name) != input_.fields.end() && !has(names, name)) names.push_back(name);
    };
    std::for_each(fields_.begin(), fields_.end(), take);
    if (fields_.empty()) std::for_each(likely_.begin(), likely_.end(), take);
    for (const auto& [name, groups] : input_.fields) take(name);
    return names;
}

std::vector<std::string> PlotData::missing_fields() const {
    std::vector<std::string> missing;
    for (const std::string& name : fields_)
        if (input_.fields.find(name) == input_.fields.end() && output_.fields.find(name) == output_.fields.end())
            missing.push_back(name);
    return missing;
}

std::vector<std::string> PlotData::left_out() const {
    std::vector<std::string> said;
    if (is_full_) said.push_back(fmt::format("Only the first {} values are in the picture.", limits_.values));
    if (misses_groups_) said.push_back(fmt::format("Only the first {} groups are in the picture.", limits_.groups));
    if (misses_fields_)
        said.push_back(fmt::format("Only {} fields are in the picture; --plot-field chooses others.", limits_.fields));
    return said;
}

}  // namespace client
