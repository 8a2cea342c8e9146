// SPDX-License-Identifier: MIT
//
// The words that an option takes, where it takes certain words only: for the completion of shells and the man page.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace cli {

// For an option whose value something else than CLI::IsMember checks: these are what it takes. Refuses nothing.
CLI::Validator suggests(std::vector<std::string> words);

// What CLI::IsMember or suggests() allows; empty where any word may do.
std::vector<std::string> choices_of(CLI::Option& option);

}  // namespace cli
