// SPDX-License-Identifier: MIT
//
// The configuration file of a host, in TOML:
//
//     socket-dir = "/run/udf-host"        # at the top: the options of `udf-host serve`, without the dashes
//     guard-rule = { duplicate = "strict" }
//     [algorithm.moving_avg]              # for one algorithm: those of AlgorithmOptions
//     memory-limit = 200
//
// The options of the command line themselves parse and check what it says, so that both have the same rules. What is
// said on the command line goes before what an algorithm's section says, and that before the top of the file; each
// option counts as a whole. Relative paths are meant from the directory of the file.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cli/config_words.h"
#include "cli/serve_options.h"
#include "cli/toml_file.h"

namespace cli {

// What `udf-host serve` was told, by its command line and by the file that --config names, if it does.
class ServeConfig {
public:
    struct ForAlgorithm {
        Serving serving;
        std::string upgrade;
        bool enabled = true;
        // Options for a worker, as --handler-timeout, the guard's and the log's: those that were given, anywhere. To
        // be put behind `udf-host --isolation worker --plugin FILE --algorithm NAME`.
        std::vector<std::string> worker_words;
    };

    // `given` is the parsed subcommand, made by add_serve_options. Reads the file each time: call it again at SIGHUP.
    // Throws BadConfig; std::system_error where the file cannot be read; CLI::ParseError where there is no socket-dir.
    static ServeConfig read(const CLI::App& given);
    // The file alone, which need not say where sockets go.
    static ServeConfig check(const std::filesystem::path& file);

    const ServeOptions& common() const noexcept { return common_; }
    const ForAlgorithm& of(const std::string& algorithm) const;
    std::vector<std::string> named() const;  // algorithms that have a section, in their order by name

    // What is no error, but may surprise: a line each, to be logged as a warning.
    const std::vector<std::string>& notes() const noexcept { return notes_; }

private:
    ServeConfig(const Words& given, const std::filesystem::path& file);

    ServeOptions common_;
    ForAlgorithm others_;  // without a section
    std::map<std::string, ForAlgorithm> sections_;
    std::vector<std::string> notes_;
};

// For `udf-host --plugin`, which reads the same file: what the top of it and the section of this one algorithm set, of
// the options that `own` has. What is only of use to serve is passed over. Throws as ServeConfig::read does.
Words config_words(const std::filesystem::path& file, const std::string& algorithm, const Vocabulary& own);

}  // namespace cli
