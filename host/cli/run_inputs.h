// SPDX-License-Identifier: MIT
//
// The files that `udf-host run` reads. For run.cpp, and watch.cpp, which reads them again and again.
#pragma once

#include <string>
#include <vector>

#include "wire/unique_fd.h"

namespace cli {

// A file of this name, or stdin for `-`. Throws std::runtime_error naming it.
wire::unique_fd open_input(const std::string& path);

// Before anything is started: that a later file is missing should not cost a long run. Throws likewise, also where one
// of them is an output as well.
void check_inputs(const std::vector<std::string>& files, const std::vector<std::string>& outputs);

// The first that cannot be read twice, as stdin or a pipe; empty where all can. A missing one is none of them.
std::string read_once_only(const std::vector<std::string>& files);

}  // namespace cli
