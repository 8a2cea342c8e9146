// SPDX-License-Identifier: MIT
//
// `udf-host --plugin NAME`: what Kapacitor runs, or connects to.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace cli {

// Adds the options of the main command. It runs where no subcommand was given.
void add_agent(CLI::App& app);

// Where it is Kapacitor who started us, with words that make no sense: it is told so over the protocol, and need not
// make do with a broken pipe. Does nothing for anybody else, nor once stdin and stdout are in use.
void refuse_prog(const std::string& problem) noexcept;

}  // namespace cli
