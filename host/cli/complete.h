// SPDX-License-Identifier: MIT
//
// What may stand where the cursor is on the command line. Knows the command line from its description and plugins from
// whom it asks; no shell and no file.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/command_tree.h"

namespace cli {

struct Candidate {
    std::string word;  // whole, as it would stand there; one that ends in '=' is not finished
    std::string help;  // may be empty
};

struct Candidates {
    enum class More { nothing, files, directories, commands };  // what the shell itself has to add

    std::vector<Candidate> words;
    More more = More::nothing;
};

// Whom to ask about plugins; `directories` are those of --plugins-dir, and may be none. They do not throw.
struct PluginSource {
    using Directories = std::vector<std::string>;

    std::function<std::vector<std::string>(const Directories& directories)> plugins;  // names
    // The algorithms of a plugin, as in Probe, or, where `plugin` is empty, of all of them.
    std::function<nlohmann::ordered_json(const std::string& plugin, const Directories& directories)> algorithms;
};

// `words` are those behind udf-host, up to the cursor; the last is what is being typed, and may be empty.
Candidates complete(const CommandWords& root, const std::vector<std::string>& words, const PluginSource& source);

}  // namespace cli
