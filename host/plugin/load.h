// SPDX-License-Identifier: MIT
//
// From a .so on disk to a checked plugin. The file is looked at before any of its code can run.
#pragma once

#include <filesystem>

#include "plugin/table.h"

namespace plugin {

// Loads `file`: checks owner and mode of it and of the way to it (trust.h) and its ELF headers, then dlopen
// (now, local, never unloaded), then the entry and its table. Runs static constructors of the plugin: move the protocol
// off descriptors 0 and 1 first. Throws Refused.
//
// `kept`, if not empty, is loaded in the place of `file`, which only gives it its name: a version of it that is not
// there any more, which somebody whom we trust holds open (/proc/PID/fd/NUMBER).
Plugin load(const std::filesystem::path& file, const std::filesystem::path& kept = {});

}  // namespace plugin
