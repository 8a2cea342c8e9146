// SPDX-License-Identifier: MIT
//
// Starts other programs, and says in words how they ended. For whoever has a child process: clients
// and supervisors. From any thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "wire/unique_fd.h"

namespace process {

// Closed on exec. Throws std::system_error where there are no more descriptors.
struct Pipe {
    Pipe();
    wire::unique_fd reading, writing;
};

struct Plan {
    std::vector<std::string> command;          // command[0] is looked up in PATH
    std::string program = {};                  // what is run under that name instead; looked up likewise
    int input = -1, output = -1, errors = -1;  // become 0, 1 and 2 of the child; -1: it has ours
    bool dies_with_us = false;                 // killed when the thread that spawns it ends, in whatever way
    uint64_t data_limit = 0;                   // bytes of writable memory of its own (RLIMIT_DATA); 0 = as we have
};

// The child is in a process group of its own, with no signals blocked and the usual ones at their defaults, and has
// no other descriptors of ours. Throws std::system_error naming the command where it cannot start.
pid_t spawn(const Plan& plan);

// Of a status as waitpid() gives it: empty for an exit with 0, else like `exited with status 3` or
// `was killed by SIGSEGV (Segmentation fault)`.
std::string failure(int status);

}  // namespace process
