// SPDX-License-Identifier: MIT
//
// `udf-host log-level`: changes what running instances log.
#pragma once

#include <CLI/CLI.hpp>

namespace cli {

// Adds the subcommand. It fails where a name fits nothing, or an instance does not answer.
void add_log_level_command(CLI::App& app);

}  // namespace cli
