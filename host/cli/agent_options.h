// SPDX-License-Identifier: MIT
//
// The options of `udf-host --plugin` and `udf-host --any`, on the command line and in a configuration file.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

#include "cli/config.h"
#include "cli/loading.h"
#include "cli/serve_options.h"
#include "cli/serving.h"

namespace cli {

struct AgentOptions {
    Wanted plugin;
    bool any = false;  // in place of one plugin
    std::string wants = "stream", provides = "stream";
    Serving serving;
    std::string isolation = "process";
    std::filesystem::path config;
    LogOptions log;
};

void add_agent_options(CLI::App& app, AgentOptions& options);

// What is served, for messages.
std::string function_of(const AgentOptions& options);
// Its name for the log: of a plugin that may have several algorithms, the plugin's. Empty where any is.
std::string algorithm_of(const AgentOptions& options);

// What the file that --config names says, and over it what the command line does.
Words configured_words(const CLI::App& app, const AgentOptions& options);

}  // namespace cli
