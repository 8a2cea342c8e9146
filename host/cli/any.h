// SPDX-License-Identifier: MIT
//
// The universal function (agent/universal.h) over the plugins of a search path: finds the algorithm that a
// task names, and loads it.
#pragma once

#include <udf.pb.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "agent/agent.h"
#include "cli/survey.h"
#include "plugin/path.h"

namespace cli {

struct Any {
    uint32_t wants = UDF_STREAM, provides = UDF_STREAM;
    plugin::SearchPath path;
    std::filesystem::path kept = {};  // what is looked into first, as plugin::load() has it; empty = nothing
    Prober prober = {};
};

// The algorithm of a task: of the kept file, else of the plugin of that name, else of whichever plugin has it. Those
// are asked by another process, so only the one that has it is loaded here. Throws what says why there is none, with
// those that there are.
agent::Choice choose(const Any& any, const kapacitor::udf::InitRequest& request);

// The plugin of the name of the algorithm that the task names, if there is one.
std::optional<std::filesystem::path> plugin_named_in(const kapacitor::udf::InitRequest& request,
                                                     const plugin::SearchPath& path);

}  // namespace cli
