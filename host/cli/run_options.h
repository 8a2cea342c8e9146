// SPDX-License-Identifier: MIT
//
// The words of `udf-host run`: what may be said on its command line, and what is meant by it.
#pragma once

#include <string>
#include <vector>

#include "cli/record_option.h"
#include "client/feed.h"

namespace CLI {
class App;
}

namespace cli {

struct RunOptions {
    std::string plugin, algorithm, plugins_dir;
    std::vector<std::string> options;
    std::string group_by, window;
    bool group_by_name = false;
    std::string precision = "ns";
    bool strict = false;
    std::string output = "line", output_path;
    std::vector<std::string> input;
    std::string dead_letter_file;
    std::string plot_path;
    std::vector<std::string> plot_fields;
    bool watch = false;
    RecordOption record;
    std::vector<std::string> rest;  // files, or the command where there is no plugin

    bool runs_plugin() const { return !plugin.empty(); }
    bool reads_dead_letters() const { return !dead_letter_file.empty(); }

    std::string name() const;  // of the function, in messages
    std::vector<std::string> command() const;
    std::vector<std::string> files() const;  // what is read, in its order; - is stdin

    // Both throw CLI::ParseError where the words make no sense.
    void check(const CLI::App& command) const;
    client::Feed::Settings feed_settings() const;

private:
    void check_watch() const;
};

void add_run_options(CLI::App& command, RunOptions& options);

}  // namespace cli
