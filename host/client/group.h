// SPDX-License-Identifier: MIT
//
// Groups as Kapacitor's groupBy makes them. The dimensions are in order of their names; a point
// that lacks the tag of a dimension is in the group where its value is empty.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/point_parts.h"
#include "udf.pb.h"

namespace client {

namespace pb = kapacitor::udf;

struct Grouping {
    bool all_tags = false;          // whatever tags a point has are its dimensions
    std::vector<std::string> tags;  // sorted, each once
    bool by_name = false;           // points of different measurements are in different groups
};

// From `a,b` or `*`; empty text is no grouping. Throws std::invalid_argument on an empty name.
Grouping parse_grouping(std::string_view text, bool by_name);

// The id of the group that these values of the dimensions are in; empty for the one of all points.
template <typename Dimensions>
std::string group_id(std::string_view name, const TagMap& tags, const Dimensions& dimensions, bool by_name) {
    std::string id;
    if (by_name) id = name;
    char before = '\n';
    for (const auto& dimension : dimensions) {
        if (before != '\n' || by_name) id += before;
        id += dimension;
        id += '=';
        if (const auto tag = tags.find(dimension); tag != tags.end()) id += tag->second;
        before = ',';
    }
    return id;
}

// Sets group, dimensions and byName of a point that has its name and tags.
void put_in_group(const Grouping& grouping, pb::Point& point);

}  // namespace client
