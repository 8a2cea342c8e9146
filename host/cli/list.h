// SPDX-License-Identifier: MIT
//
// `udf-host list`: the algorithms in the plugin path, and the files that are none.
#pragma once

#include <CLI/CLI.hpp>

namespace cli {

// Adds the subcommand. It exits 0 with broken files as well: they are part of the answer.
void add_list(CLI::App& app);

}  // namespace cli
