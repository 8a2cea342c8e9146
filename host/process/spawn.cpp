// SPDX-License-Identifier: MIT
#include "process/spawn.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

namespace process {
namespace {

// In the child, where nothing may be done that needs a lock of ours.
[[noreturn]] void become(const Plan& plan, char* const* arguments, pid_t parent, int problem) {
    const auto fail = [problem] {
        const int error = errno;
        (void)!::write(problem, &error, sizeof error);
        ::_exit(127);
    };
    const int wanted[] = {plan.input, plan.output, plan.errors};
    for (int fd = 0; fd < 3; ++fd)
        if (wanted[fd] >= 0 && ::dup2(wanted[fd], fd) < 0) fail();
    ::setpgid(0, 0);
    if (plan.dies_with_us) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(127);  // which has died before it could be told
    }
    if (plan.data_limit != 0) {
        rlimit limit{};
        ::getrlimit(RLIMIT_DATA, &limit);
        limit.rlim_cur = limit.rlim_max =
            std::min<rlim_t>(plan.data_limit, limit.rlim_max);  // which only root may raise
        if (::setrlimit(RLIMIT_DATA, &limit) != 0) fail();
    }
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1}) ::signal(signal, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execvp(plan.program.empty() ? arguments[0] : plan.program.c_str(), arguments);
    fail();
    __builtin_unreachable();
}

}  // namespace

Pipe::Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::system_category(), "making a pipe");
    reading.reset(ends[0]);
    writing.reset(ends[1]);
}

pid_t spawn(const Plan& plan) {
    const auto refuse = [&](int error) {
        throw std::system_error(error, std::system_category(), fmt::format("cannot start {}", plan.command.front()));
    };
    std::vector<char*> arguments;
    for (const std::string& argument : plan.command) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    Pipe problem;  // the child's, if it cannot go on

    // Signals stay away until the child has its own handling of them.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child == 0) become(plan, arguments.data(), parent, problem.writing.get());
    const int fork_error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (child < 0) refuse(fork_error);

    problem.writing.reset();
    int error = 0;
    ssize_t n;
    while ((n = ::read(problem.reading.get(), &error, sizeof error)) < 0 && errno == EINTR) {
    }
    if (n != sizeof error) return child;
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    refuse(error);
    return -1;
}

std::string failure(int status) {
    if (status == 0) return {};
    if (!WIFSIGNALED(status)) return fmt::format("exited with status {}", WEXITSTATUS(status));
    const int signal = WTERMSIG(status);
    const char* name = ::sigabbrev_np(signal);
    return fmt::format("was killed by {}{} ({})", name ? "SIG" : "signal ", name ? name : std::to_string(signal),
                       ::strsignal(signal));
}

}  // namespace process
