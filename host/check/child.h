// SPDX-License-Identifier: MIT
//
// The side of the child: runs one check in this process, which ends with it. Called by the hidden subcommand that
// runner.h starts.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace check {

struct Task {
    std::string check;
    std::filesystem::path file;
    std::string algorithm;             // empty for the checks of a file
    std::vector<std::string> options;  // as of `udf-host run --option`
    size_t way = 0;                    // of making up those that are missing
};

// Says on descriptor 1 what notes.h describes; what the plugin prints goes to 2. Does not return.
[[noreturn]] void run_in_child(const Task& task);

}  // namespace check
