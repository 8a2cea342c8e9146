// SPDX-License-Identifier: MIT
//
// From the words of the command line to an algorithm that can be served.
#pragma once

#include <udf_plugin.h>

#include <functional>
#include <string>

#include "agent/overtime.h"
#include "plugin/path.h"
#include "plugin/table.h"

namespace cli {

struct Wanted {
    std::string plugin;               // a name, or its file
    std::string algorithm;            // empty stands for the only one
    plugin::SearchPath plugins_dirs;  // empty stands for the usual ones
    std::string kept;                 // what is loaded in its place, as plugin::load() has it

    plugin::SearchPath path() const { return plugins_dirs.empty() ? plugin::search_path({}) : plugins_dirs; }
};

struct Algorithm {
    plugin::Plugin plugin;
    const udf_algorithm& table;  // of the plugin
    std::string file;            // the plugin's, for messages
};

// A plugin may not come back from its static constructors, and somebody waits for it meanwhile.
struct LoadWatch {
    std::function<bool()> nobody_waits;
    std::function<void()> still_loading;  // again and again, on a thread of the watch
    // Called on a thread of the watch when it has taken too long: must end the process. `reason` is empty where
    // nobody waits.
    std::function<void(const std::string& reason)> give_up;
};

// Throws plugin::Refused and what else says why there is none.
Algorithm load(const Wanted& wanted, const agent::Overtime::Limits& limits, const LoadWatch& watch);

}  // namespace cli
