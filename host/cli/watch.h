// SPDX-License-Identifier: MIT
//
// `udf-host run --watch`: a run, and another one whenever the file of the plugin has changed. Each is a process of its
// own, forked from this one: whatever becomes of it, the next one starts from nothing. On the main thread of a process
// without others.
#pragma once

#include <functional>

#include "cli/run_options.h"

namespace cli {

// Until Ctrl-C or SIGTERM, or until nobody reads stdout any more: the status to exit with. `run` is called in the
// children. Throws std::runtime_error where there is no such plugin.
int watch(RunOptions options, const std::function<int(RunOptions)>& run);

}  // namespace cli
