// SPDX-License-Identifier: MIT
//
// Files that are there whole or as they were before, never in part: written under another name beside it and renamed.
// A symbolic link to one stays a link.
#pragma once

#include <string>
#include <string_view>

namespace client {

// Both throw std::system_error naming the file. The first tells early what will not be possible.
void check_can_write_whole(const std::string& path);
void write_whole(const std::string& path, std::string_view text);

}  // namespace client
