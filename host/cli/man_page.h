// SPDX-License-Identifier: MIT
//
// udf-host(1), made of the same words as --help. The hidden `udf-host man` prints it, when udf-host is built.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

#include "cli/command_tree.h"

namespace cli {

// In roff with the man macros. The text at the end of the root's --help is divided by lines such as "Exit status:",
// which become sections; what is indented there, or in the text of a command, is shown as it stands.
std::string man_page(const CommandWords& root, std::string_view version);

void add_man_page(CLI::App& app);

}  // namespace cli
