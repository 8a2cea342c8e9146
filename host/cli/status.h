// SPDX-License-Identifier: MIT
//
// `udf-host status`: how the instances on this machine stand.
#pragma once

#include <CLI/CLI.hpp>

namespace cli {

// Adds the subcommand. It exits 0 also where nothing is running, or something does not answer: that is the answer.
void add_status(CLI::App& app);

}  // namespace cli
