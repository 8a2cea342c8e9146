// SPDX-License-Identifier: MIT
//
// The end of the process is not left to a plugin: its static destructors, atexit handlers and
// threads may hang, and Kapacitor waits for the exit with its task lock held.
#pragma once

#include <chrono>

namespace server {

// The process is gone after `limit`, with `status`, if it has not ended by itself until then. Call
// it once the protocol has ended. A thread and not SIGALRM, which a plugin may use or block; where
// none can be had the process ends at once.
void exit_within(std::chrono::milliseconds limit, int status) noexcept;

// The process is gone: what was said on stderr has been passed on, and nothing is torn down, for threads may still run.
[[noreturn]] void leave_now(int status) noexcept;

}  // namespace server
