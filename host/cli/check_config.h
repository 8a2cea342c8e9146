// SPDX-License-Identifier: MIT
//
// `udf-host check-config FILE`: whether a configuration is good, before anything runs with it.
#pragma once

#include <CLI/CLI.hpp>

namespace cli {

// Throws BadConfig, with all that is wrong with the file.
void add_check_config(CLI::App& app);

}  // namespace cli
