// SPDX-License-Identifier: MIT
//
// What belongs to the process and not to a plugin, so that it can be seen whether one has changed it.
#pragma once

#include <sys/types.h>

#include <array>
#include <map>
#include <string>
#include <vector>

namespace check {

struct ProcessState {
    std::string directory, locale;
    mode_t umask = 0;
    int rounding = 0;
    unsigned float_control = 0;             // of the processor: whether tiny numbers become 0, and which errors trap
    std::array<const void*, 65> signals{};  // what handles each
    std::map<std::string, std::string> environment;

    static ProcessState now();
};

// Each difference in a few words: "the working directory: / in place of /home/a". Go's runtime handles signals as it
// must, so of such a plugin those say nothing.
std::vector<std::string> changes(const ProcessState& before, const ProcessState& after, bool with_signals);

// How many threads, open descriptors and children this process has.
struct Possessions {
    size_t threads = 0, descriptors = 0, children = 0;
    static Possessions now();
};

// Bytes that are allocated and not freed, of the whole process, whoever serves them.
size_t allocated_bytes();

}  // namespace check
