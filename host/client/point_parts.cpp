// SPDX-License-Identifier: MIT
#include "client/point_parts.h"

#include <algorithm>

namespace client {

std::vector<Tag> sorted_tags(const TagMap& tags) {
    std::vector<Tag> sorted(tags.begin(), tags.end());
    std::sort(sorted.begin(), sorted.end());
    return sorted;
}

std::vector<Field> sorted_fields(const pb::Point& point) {
    std::vector<Field> sorted;
    for (const auto& [name, value] : point.fieldsbool()) sorted.emplace_back(name, value);
    for (const auto& [name, value] : point.fieldsdouble()) sorted.emplace_back(name, value);
    for (const auto& [name, value] : point.fieldsint()) sorted.emplace_back(name, int64_t{value});
    for (const auto& [name, value] : point.fieldsstring()) sorted.emplace_back(name, std::string_view(value));
    std::stable_sort(sorted.begin(), sorted.end(), [](const Field& a, const Field& b) { return a.first < b.first; });
    const auto same_name = [](const Field& a, const Field& b) { return a.first == b.first; };
    sorted.erase(std::unique(sorted.begin(), sorted.end(), same_name), sorted.end());
    return sorted;
}

}  // namespace client
