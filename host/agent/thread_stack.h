// SPDX-License-Identifier: MIT
//
// What another thread of this process is doing: for the log, when a plugin does not come back.
#pragma once

#include <pthread.h>

#include <string>
#include <vector>

namespace agent {

// The calls that `thread` is in, innermost first, as "file+0x1234", which addr2line understands. Interrupts the thread
// by a signal, SIGUSR2; empty where it does not answer within a short time, as a thread that blocks all signals. One
// caller at a time; others wait.
std::vector<std::string> stack_of(pthread_t thread);

// The same in one line for the log: "a < b < c", or that the thread does not answer.
std::string describe_stack(pthread_t thread);

}  // namespace agent
