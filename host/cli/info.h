// SPDX-License-Identifier: MIT
//
// `udf-host info NAME`: what there is to know about a plugin or an algorithm, with the lines of
// TICKscript and of Kapacitor's configuration that use it.
#pragma once

#include <CLI/CLI.hpp>

namespace cli {

void add_info(CLI::App& app);

}  // namespace cli
