// SPDX-License-Identifier: MIT
//
// A child process with pipes on its stdin and stdout; stderr is ours. It is in a process group of
// its own, so that a Ctrl-C on the terminal reaches only us, and we decide what becomes of it. The
// destructor kills what still runs.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "wire/unique_fd.h"

namespace client {

class Process {
public:
    // Looks `command[0]` up in PATH. Throws std::system_error naming it where it cannot start.
    explicit Process(const std::vector<std::string>& command);
    // With these as its stdin and stdout in place of pipes.
    Process(const std::vector<std::string>& command, const wire::unique_fd& child_stdin,
            const wire::unique_fd& child_stdout);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    // Our ends of the pipes, for the caller to take.
    wire::unique_fd to_stdin, from_stdout;

    pid_t pid() const noexcept { return pid_; }

    // True once it has exited; at once or within `limit`.
    bool exited_within(std::chrono::milliseconds limit);

    // Ends it the hard way and waits for that.
    void kill();

    // After it has exited: empty for status 0, else like `exited with status 3` or
    // `was killed by SIGSEGV (Segmentation fault)`.
    std::string failure() const;

private:
    void start(const std::vector<std::string>& command, int child_stdin, int child_stdout);

    pid_t pid_ = -1;
    std::optional<int> status_;  // as waitpid() gives it
};

}  // namespace client
