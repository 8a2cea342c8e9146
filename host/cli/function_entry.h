// SPDX-License-Identifier: MIT
//
// One function in kapacitor.conf, as a table of its own: [udf.functions.NAME]. It needs neither [udf] nor
// [udf.functions] before it, and TOML forbids to have these twice: so it can be pasted behind any file.
#pragma once

#include <string>
#include <vector>

namespace cli {

// All texts but the comment have to be UTF-8: TOML holds nothing else.
struct FunctionEntry {
    std::string name = {};     // an identifier
    std::string comment = {};  // of any kind; empty for none
    std::string program = {};
    std::vector<std::string> arguments = {};
    std::string socket = {};  // in place of program and arguments, if not empty
    std::string timeout = "10s";
};

// Ends with the end of a line. Strings are written in the one form that every TOML parser knows, "...".
std::string written(const FunctionEntry& entry);

// The text as one line that can stand in a comment: what would end it, or may not be in one, is a space.
std::string in_one_line(std::string text);

// Where this udf-host is.
std::string own_program();

}  // namespace cli
