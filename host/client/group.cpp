// SPDX-License-Identifier: MIT
#include "client/group.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace client {

Grouping parse_grouping(std::string_view text, bool by_name) {
    Grouping grouping;
    grouping.by_name = by_name;
    for (std::string_view rest = text; !text.empty();) {
        const size_t comma = rest.find(',');
        const std::string_view tag = rest.substr(0, comma);
        if (tag.empty()) throw std::invalid_argument(fmt::format("an empty tag name in '{}'", text));
        if (tag == "*")
            grouping.all_tags = true;
        else
            grouping.tags.emplace_back(tag);
        if (comma == rest.npos) break;
        rest.remove_prefix(comma + 1);
    }
    std::sort(grouping.tags.begin(), grouping.tags.end());
    grouping.tags.erase(std::unique(grouping.tags.begin(), grouping.tags.end()), grouping.tags.end());
    return grouping;
}

void put_in_group(const Grouping& grouping, pb::Point& point) {
    point.clear_dimensions();
    if (grouping.all_tags)
        for (const auto& [key, value] : sorted_tags(point.tags())) point.add_dimensions(std::string(key));
    else
        for (const std::string& tag : grouping.tags) point.add_dimensions(tag);
    point.set_byname(grouping.by_name);
    point.set_group(group_id(point.name(), point.tags(), point.dimensions(), grouping.by_name));
}

}  // namespace client
