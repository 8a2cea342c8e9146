// SPDX-License-Identifier: MIT
#include "client/process.h"

#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>
#include <utility>

#include "process/spawn.h"

namespace client {
Process::Process(const std::vector<std::string>& command) {
    process::Pipe input, output;  // of the child
    start(command, input.reading.get(), output.writing.get());
    to_stdin = std::move(input.writing);
    from_stdout = std::move(output.reading);
}

Process::Process(const std::vector<std::string>& command, const wire::unique_fd& child_stdin,
                 const wire::unique_fd& child_stdout) {
    start(command, child_stdin.get(), child_stdout.get());
}

void Process::start(const std::vector<std::string>& command, int child_stdin, int child_stdout) {
    process::Plan plan;
    plan.command = command;
    plan.input = child_stdin;
    plan.output = child_stdout;
    pid_ = process::spawn(plan);
}

Process::~Process() { kill(); }

bool Process::exited_within(std::chrono::milliseconds limit) {
    using Clock = std::chrono::steady_clock;
    const auto deadline = Clock::now() + limit;
    for (auto pause = std::chrono::microseconds(100);; pause = std::min(pause * 2, std::chrono::microseconds(20'000))) {
        if (status_) return true;
        int status = 0;
        const pid_t changed = ::waitpid(pid_, &status, WNOHANG);
        if (changed == pid_) status_ = status;
        if (changed < 0 && errno != EINTR) status_ = 0;  // somebody else has waited for it: nothing is known
        if (!status_ && Clock::now() >= deadline) return false;
        if (!status_) std::this_thread::sleep_for(pause);
    }
}

void Process::kill() {
    if (status_) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    status_ = status;
}

std::string Process::failure() const { return status_ ? process::failure(*status_) : std::string(); }

}  // namespace client
