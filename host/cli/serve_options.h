// SPDX-License-Identifier: MIT
//
// The options of `udf-host serve`, and those of them that may be said for one algorithm alone, under
// [algorithm.NAME] of a configuration file.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/serving.h"

namespace cli {

struct LogOptions {
    std::string level = "info", format = "text";
};

struct ServeOptions {
    std::vector<std::filesystem::path> plugins_dirs;  // empty stands for the usual ones, plugin::search_path({})
    std::filesystem::path socket_dir;                 // a must, but the file may say it: empty where nobody did
    std::string upgrade = "live";                     // or "new-connections"
    double poll_interval = 2;                         // seconds
    bool universal = true;
    std::filesystem::path config;
    LogOptions log;   // serve sets it, with set_log()
    Serving serving;  // but for socket.endpoint and defer_load_errors
};

void add_serve_options(CLI::App& app, ServeOptions& options);

struct AlgorithmOptions {
    bool enabled = true;  // has a socket; only a file can say no
    std::string upgrade = "live";
    Serving serving;  // but for stop_timeout and what serve itself has none of
};

void add_algorithm_options(CLI::App& app, AlgorithmOptions& options);

// As more than one command has them.
void add_config(CLI::App& app, std::filesystem::path& config);
void add_log(CLI::App& app, LogOptions& options);
// Those of a subcommand, or where they were not given, what was given in front of it.
LogOptions log_of(const CLI::App& subcommand, LogOptions own);
void set_log(const LogOptions& options);

}  // namespace cli
