// SPDX-License-Identifier: MIT
#include "client/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

namespace client {
namespace {

struct Pipe {
    wire::unique_fd reading, writing;
};

Pipe make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::system_category(), "making a pipe");
    return {wire::unique_fd(ends[0]), wire::unique_fd(ends[1])};
}

// What the child gets to be: pipes on 0 and 1, signals as they are by default, a group of its own.
class SpawnPlan {
public:
    SpawnPlan(int child_stdin, int child_stdout) {
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawn_file_actions_adddup2(&files, child_stdin, STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&files, child_stdout, STDOUT_FILENO);
        ::posix_spawnattr_init(&attributes);
        sigset_t none, defaults;
        sigemptyset(&none);
        sigemptyset(&defaults);
        for (const int signal : {SIGINT, SIGTERM, SIGPIPE}) sigaddset(&defaults, signal);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setsigdefault(&attributes, &defaults);
        ::posix_spawnattr_setpgroup(&attributes, 0);
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    ~SpawnPlan() {
        ::posix_spawnattr_destroy(&attributes);
        ::posix_spawn_file_actions_destroy(&files);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;

    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
};

}  // namespace

Process::Process(const std::vector<std::string>& command) {
    Pipe input = make_pipe(), output = make_pipe();  // of the child
    start(command, input.reading.get(), output.writing.get());
    to_stdin = std::move(input.writing);
    from_stdout = std::move(output.reading);
}

Process::Process(const std::vector<std::string>& command, const wire::unique_fd& child_stdin,
                 const wire::unique_fd& child_stdout) {
    start(command, child_stdin.get(), child_stdout.get());
}

void Process::start(const std::vector<std::string>& command, int child_stdin, int child_stdout) {
    std::vector<char*> arguments;
    for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);

    const SpawnPlan plan(child_stdin, child_stdout);
    const int error = ::posix_spawnp(&pid_, arguments[0], &plan.files, &plan.attributes, arguments.data(), ::environ);
    if (error != 0) throw std::system_error(error, std::system_category(), fmt::format("cannot start {}", command[0]));
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

std::string Process::failure() const {
    if (!status_ || *status_ == 0) return {};
    if (!WIFSIGNALED(*status_)) return fmt::format("exited with status {}", WEXITSTATUS(*status_));
    const int signal = WTERMSIG(*status_);
    const char* name = ::sigabbrev_np(signal);
    return fmt::format("was killed by {}{} ({})", name ? "SIG" : "signal ", name ? name : std::to_string(signal),
                       ::strsignal(signal));
}

}  // namespace client
