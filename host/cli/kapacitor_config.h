// SPDX-License-Identifier: MIT
//
// `udf-host kapacitor-config`: what kapacitor.conf has to say to offer every algorithm in the plugin path,
// and the universal functions.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/catalogue.h"
#include "plugin/path.h"

namespace cli {

// What the entries say beside what the algorithms are. All paths are absolute.
struct KapacitorSetup {
    std::string program;
    plugin::SearchPath path;           // where the plugins are
    std::filesystem::path installed;   // the directory of which a plugin's name says enough
    std::filesystem::path socket_dir;  // of a server; empty where Kapacitor starts the program
    std::string timeout;               // as Kapacitor reads it
};

struct KapacitorConfig {
    std::string text;
    std::vector<std::string> left_out;  // whole sentences, each a line; they are in the text as comments
};

// The algorithms by name, then the universal functions.
KapacitorConfig kapacitor_config(const Catalogue& offered, const KapacitorSetup& setup);

// Adds the subcommand. It exits 0 with broken files as well, which are comments and warnings.
void add_kapacitor_config(CLI::App& app);

}  // namespace cli
