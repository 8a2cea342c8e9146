// SPDX-License-Identifier: MIT
//
// Options for a plugin that nobody has given any: made up from what it declares.
#pragma once

#include <udf_plugin.h>

#include <string>
#include <vector>

#include "check/handler.h"

namespace check {

// How many ways of making up there are; not every algorithm takes each. From kWithOptional on, those that are not
// required are made up too.
inline constexpr size_t kWaysToMakeUp = 8, kWithOptional = 4;

// One use of an option. `texts`: how many texts have been made up before it; each is another.
kapacitor::udf::Option made_up(const udf_option& option, size_t way, size_t& texts);

// What was given, and of what was not, all that is required, or all.
Uses completed(const udf_algorithm& algorithm, Uses given, size_t way);

// From words as of `udf-host run --option`. Throws std::invalid_argument.
Uses parsed(const udf_algorithm& algorithm, const std::vector<std::string>& words);

}  // namespace check
