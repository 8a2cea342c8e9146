// SPDX-License-Identifier: MIT
//
// Which algorithms a directory of plugins offers, and from which file each comes: what `list` shows, what
// kapacitor.conf names and what a server serves are one answer. No file is touched here.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/probe.h"

namespace cli {

// A plugin file and what it said when it was asked.
struct Asked {
    std::filesystem::path file;
    Probe probe;
};

struct Catalogue {
    struct Offer {
        std::filesystem::path file;
        nlohmann::ordered_json description;  // as in Probe
        bool is_only_one = false;            // the plugin has no other, offered or not
    };
    struct Refusal {
        std::filesystem::path file;
        std::string algorithm;  // empty where it is the file that is broken
        std::string reason;     // a whole sentence that names the file
    };
    std::map<std::string, Offer> algorithms;
    std::vector<Refusal> refused;  // in the order of the files

    // Whether the algorithm of this name comes from this file.
    bool has(const std::string& algorithm, const std::filesystem::path& file) const;
};

// The file that each algorithm comes from at present.
using Incumbents = std::map<std::string, std::filesystem::path>;

// Of algorithms of one name the first has it, in the order of the files, unless the incumbent still offers one:
// what is served does not change hands because a file was added. The others are refused, and nothing else of
// their plugins is.
Catalogue catalogue(const std::vector<Asked>& files, const Incumbents& incumbents = {});

}  // namespace cli
