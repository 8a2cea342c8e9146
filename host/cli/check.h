// SPDX-License-Identifier: MIT
//
// `udf-host check PLUGIN`: tries a plugin with all that Kapacitor and the host may do to it. And `check-one`, which is
// for ourselves: the child that one check runs in.
#pragma once

#include <CLI/CLI.hpp>

namespace cli {

void add_check(CLI::App& app);

}  // namespace cli
