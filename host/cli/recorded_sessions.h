// SPDX-License-Identifier: MIT
//
// Sessions of a recording as a command line names them: by their number, from 1, in the order in which they began.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "wire/recording.h"

namespace cli {

void add_session(CLI::App& command, size_t& session);

// The numbers of those that are meant: that one, or where it is 0 all. Throws std::runtime_error where there is none.
std::vector<size_t> sessions_meant(const wire::Recording& recording, const std::string& file, size_t session);

// One line on the session of that number: when it began and with what, its task, what went in and out, how it ended.
std::string describe_session(const wire::Recording& recording, size_t number);

// Says in the log what could not be read of the file.
void warn_of_damage(const wire::Recording& recording);

}  // namespace cli
