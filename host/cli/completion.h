// SPDX-License-Identifier: MIT
//
// `udf-host completion SHELL`, which prints what a shell is to be told, and the hidden `udf-host complete -- WORDS...`,
// which that calls at each TAB: the first line is what the shell has to add (nothing, files, directories or commands),
// then a word a line with its help behind a tab. The scripts are thin, so that all shells know the same.
#pragma once

#include <CLI/CLI.hpp>

namespace cli {

void add_completion(CLI::App& app);

}  // namespace cli
