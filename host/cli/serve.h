// SPDX-License-Identifier: MIT
//
// `udf-host serve`: the plugins of a directory, a socket for each algorithm, kept up to date.
#pragma once

#include <CLI/CLI.hpp>

namespace cli {

void add_serve(CLI::App& app);

}  // namespace cli
