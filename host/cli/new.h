// SPDX-License-Identifier: MIT
//
// `udf-host new NAME`: makes the folder of a plugin to start from, which builds and passes `udf-host check` as it is.
// What it consists of is in templates.h.
#pragma once

#include <CLI/CLI.hpp>

namespace cli {

void add_new(CLI::App& app);

}  // namespace cli
