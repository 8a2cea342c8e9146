// SPDX-License-Identifier: MIT
//
// The command line as data: what people may know of it, taken from the description that parses it. The completion of
// shells and the man page are made of this, so that neither can fall behind. What is hidden in --help is not in here.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

struct OptionWords {
    std::vector<std::string> names;    // with their dashes, the short ones first; of a positional just its name
    std::string value;                 // what stands for its value, "FILE"; empty for a flag
    std::string help;                  // one paragraph
    std::string otherwise;             // the value where it is not given; may be empty
    std::string group;                 // "Options", "Supervision"
    std::vector<std::string> choices;  // the only words it takes, if they are few
    char delimiter = '\0';             // between several values in one word
    bool required = false, repeatable = false;

    bool is(std::string_view name) const;
};

struct CommandWords {
    std::string name;     // "run"; of all of it "udf-host"
    std::string summary;  // one sentence
    std::string footer;   // free text, as --help ends with
    std::vector<OptionWords> options = {}, positionals = {};
    std::vector<CommandWords> commands = {};

    const CommandWords* command(std::string_view called) const;
    const OptionWords* option(std::string_view called) const;
};

CommandWords describe(CLI::App& app);

}  // namespace cli
