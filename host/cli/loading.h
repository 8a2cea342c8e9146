// SPDX-License-Identifier: MIT
//
// From the words of the command line to an algorithm that can be served.
#pragma once

#include <udf_plugin.h>

#include <optional>
#include <string>

#include "agent/overtime.h"
#include "plugin/table.h"
#include "wire/channel.h"

namespace cli {

struct Wanted {
    std::string name;         // of a plugin, or its file
    std::string algorithm;    // empty stands for the only one
    std::string plugins_dir;  // empty stands for the usual ones
    bool defer_errors = false;
};

struct Algorithm {
    std::optional<plugin::Plugin> plugin;
    const udf_algorithm* table = nullptr;
    std::string file;             // the plugin's, for messages
    std::string load_error = {};  // where errors are deferred: why Init is to be refused
};

// Throws plugin::Refused and what else says why there is none, unless errors are deferred.
Algorithm load_algorithm(const Wanted& wanted);

// The same while Kapacitor waits on `channel`: a plugin that does not come back from its static constructors
// must not make it wait for ever. Ends the process where it has taken too long.
Algorithm load_watched(const Wanted& wanted, wire::Channel& channel, const agent::Overtime::Limits& limits);

}  // namespace cli
