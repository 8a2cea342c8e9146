// SPDX-License-Identifier: MIT
//
// Workers that are an udf-host themselves, with a plugin: how a supervisor starts them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "supervisor/worker.h"

namespace cli {

inline constexpr const char* kOurselves = "/proc/self/exe";  // also where another has been installed since
// For ourselves, what a supervisor starts: of --isolation; and what is loaded in the place of the plugin's file.
inline constexpr const char *kWorker = "worker", *kKeptFile = "--kept-file";

// `words` are its command line, from the name on. `memory_limit`: bytes; 0 = any.
inline supervisor::WorkerProcess::Command own_worker(std::vector<std::string> words, uint64_t memory_limit) {
    return {std::move(words), kOurselves, supervisor::Speaks::shared_memory, memory_limit};
}

}  // namespace cli
