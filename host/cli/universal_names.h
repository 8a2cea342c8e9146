// SPDX-License-Identifier: MIT
//
// The names of the universal function (udf-host --any), which runs whatever algorithm a task asks it for. One for
// each pair of edges, since Kapacitor wants to know a function's edges when it starts.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace cli {

struct UniversalName {
    std::string_view name, wants, provides;  // the edges as --wants and --provides have them
};

inline constexpr std::array<UniversalName, 4> kUniversalNames{{
    {"native", "stream", "stream"},
    {"native_batch", "batch", "batch"},
    {"native_stream_batch", "stream", "batch"},
    {"native_batch_stream", "batch", "stream"},
}};

// An algorithm of such a name can be had through the universal function alone.
constexpr bool is_universal_name(std::string_view name) {
    return std::any_of(kUniversalNames.begin(), kUniversalNames.end(),
                       [&](const UniversalName& universal) { return universal.name == name; });
}

}  // namespace cli
