// SPDX-License-Identifier: MIT
//
// `udf-host --plugin NAME`: what Kapacitor runs, or connects to.
#pragma once

#include <CLI/CLI.hpp>

namespace cli {

// Adds the options of the main command. It runs where no subcommand was given.
void add_agent(CLI::App& app);

}  // namespace cli
