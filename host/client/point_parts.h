// SPDX-License-Identifier: MIT
//
// The tags and fields of a point in order of their names: protobuf's maps have none of their own,
// and whatever is printed must come out the same each time. The parts point into the point.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "udf.pb.h"

namespace client {

namespace pb = kapacitor::udf;

using Tag = std::pair<std::string_view, std::string_view>;
using Value = std::variant<bool, double, int64_t, std::string_view>;
using Field = std::pair<std::string_view, Value>;

using TagMap = google::protobuf::Map<std::string, std::string>;
std::vector<Tag> sorted_tags(const TagMap& tags);

// A name that has values of several types keeps the one that Kapacitor would take: bool before
// double before integer before string.
std::vector<Field> sorted_fields(const pb::Point& point);

}  // namespace client
