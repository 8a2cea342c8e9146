// SPDX-License-Identifier: MIT
//
// "Did you mean ...?": the help in a message about a name that does not exist.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace text {

// The one of `names` that `name` is most likely a slip of; empty where none is near.
std::string_view near_name(std::string_view name, const std::vector<std::string_view>& names);

// "; did you mean 'x'?", or nothing where no name is near: goes at the end of a message.
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& names);

}  // namespace text
