// SPDX-License-Identifier: MIT
#include "text/near_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace text {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Damerau and Levenshtein's distance, in the form of optimal string alignment: letters put in, left
// out, changed, or two neighbours swapped. Case does not count.
size_t distance(std::string_view a, std::string_view b) {
    std::vector<size_t> before, last, row(b.size() + 1);  // rows i - 2, i - 1 and i
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 1; i <= a.size(); ++i) {
        before = std::move(last);
        last = std::move(row);
        row.assign(b.size() + 1, i);
        for (size_t j = 1; j <= b.size(); ++j) {
            const bool differ = lower(a[i - 1]) != lower(b[j - 1]);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + differ});
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
    }
    return row[b.size()];
}

}  // namespace

std::string_view near_name(std::string_view name, const std::vector<std::string_view>& names) {
    constexpr size_t kLongest = 64;  // longer names are no slips, and cost too much to compare
    if (name.size() > kLongest) return {};
    std::string_view best;
    size_t least = std::max<size_t>(1, name.size() / 3) + 1;
    for (const std::string_view candidate : names) {
        if (candidate.size() > kLongest) continue;
        if (const size_t d = distance(name, candidate); d < least) {
            least = d;
            best = candidate;
        }
    }
    return best;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& names) {
    const std::string_view near = near_name(name, names);
    return near.empty() ? std::string() : fmt::format("; did you mean '{}'?", near);
}

}  // namespace text
