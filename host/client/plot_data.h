// SPDX-License-Identifier: MIT
//
// Gathers what a plot of a run needs: of each group and field the values that went into the function and those that
// came out, as numbers over time. Only what may be drawn is kept, and no more than a limit of it: it says what it left
// out. An observer of a drive, on its thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "client/drive.h"
#include "plot/chart.h"

namespace client {

class PlotData : public Observer {
public:
    struct Limits {
        size_t values = 10'000'000;  // of 16 bytes each
        size_t groups = 1'000;
        size_t fields = 8;  // of the input and of the output each, where none are named
    };
    // `fields` are to be drawn; where none are said, those of `likely` that the input has; where it has none, all.
    PlotData(std::vector<std::string> fields, std::vector<std::string> likely) : PlotData(fields, likely, Limits()) {}
    PlotData(std::vector<std::string> fields, std::vector<std::string> likely, Limits limits);

    void sent(const pb::Request& request) override;
    void received(const pb::Response& response) override;

    // The values of a field by group; not every group has some. As they came, with NaN where there was one.
    using Groups = std::vector<std::vector<plot::Sample>>;
    struct Side {
        uint64_t points = 0;
        std::map<std::string, Groups, std::less<>> fields;  // with numbers
    };
    const Side& input() const noexcept { return input_; }
    const Side& output() const noexcept { return output_; }
    Side& input() noexcept { return input_; }
    Side& output() noexcept { return output_; }
    const std::vector<std::string>& groups() const noexcept { return groups_; }  // names, as they came

    // What the input's panels are about, in their order.
    std::vector<std::string> input_fields() const;

    // That --plot-field named and neither side has.
    std::vector<std::string> missing_fields() const;

    // There were more values than the limit: the last are missing.
    bool is_full() const noexcept { return is_full_; }

    // What was left out, if anything: whole sentences.
    std::vector<std::string> left_out() const;

private:
    using Name = std::string_view;
    struct Stream {
        Side* side;
        bool in_batch = false;
        std::string batch_group;
    };
    template <typename Message>
    void take(Stream& stream, const Message& message);
    void take_point(Side& side, const pb::Point& point, const std::string& group);
    void add(Side& side, Name field, size_t group, int64_t time, double value);
    Groups* series_of(Side& side, Name field);
    bool is_wanted(const Side& side, Name field);
    size_t index_of(const std::string& group);

    const std::vector<std::string> fields_, likely_;
    const Limits limits_;
    Side input_, output_;
    Stream sent_{&input_, false, {}}, received_{&output_, false, {}};
    std::vector<std::string> groups_;
    std::unordered_map<std::string, size_t> group_indices_;
    std::set<std::string, std::less<>> known_inputs_;  // fields of the input, also those that are not drawn
    bool has_likely_ = false;
    size_t values_ = 0;
    bool is_full_ = false, misses_groups_ = false, misses_fields_ = false;
};

}  // namespace client
