// SPDX-License-Identifier: MIT
#include "supervisor/worker.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <new>
#include <system_error>
#include <utility>

#include "process/spawn.h"
#include "wire/shared_channel.h"

namespace supervisor {
namespace {

constexpr uint64_t kStacks = 256u << 20;  // bytes of a process that are asked for and never used
constexpr int kLastBreath = 500;          // ms from the end of its output to that of the process

int wait_for_end(pid_t child) noexcept {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

// A channel, and what the worker is given of it.
struct Connected {
    std::unique_ptr<wire::PolledChannel> channel;
    std::shared_ptr<metrics::Activity> activity;
    wire::unique_fd input, output;
};

Connected connect(Speaks over) {
    Connected connected;
    if (over == Speaks::pipes) {
        process::Pipe input, output;
        connected.channel = std::make_unique<wire::FdChannel>(std::move(output.reading), std::move(input.writing));
        connected.input = std::move(input.reading);
        connected.output = std::move(output.writing);
        return connected;
    }
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        throw std::system_error(errno, std::system_category(), "making a pair of sockets");
    connected.input.reset(pair[0]);
    connected.output.reset(pair[1]);
    auto shared = std::make_unique<wire::SharedChannel>();
    shared->send(connected.output.get());
    static_assert(sizeof(metrics::Activity) <= wire::SharedChannel::kBeside);
    const std::shared_ptr<void> beside = shared->beside();
    connected.activity = {beside, new (beside.get()) metrics::Activity};
    connected.channel = std::move(shared);
    return connected;
}

}  // namespace

WorkerProcess::WorkerProcess(const Command& command) : WorkerProcess(start(command)) {}

WorkerProcess::WorkerProcess(Started started) try
    : pid_(started.pid),
      channel_(std::move(started.channel)),
      activity_(std::move(started.activity)),
      errors_(std::move(started.errors)),
      exited_(static_cast<int>(::syscall(SYS_pidfd_open, started.pid, 0))) {
} catch (...) {  // for want of descriptors
    ::kill(started.pid, SIGKILL);
    wait_for_end(started.pid);
}

WorkerProcess::Started WorkerProcess::start(const Command& command) {
    Connected connected = connect(command.over);
    process::Pipe errors;
    process::Plan plan;
    plan.command = command.words;
    plan.program = command.program;
    plan.input = connected.input.get();
    plan.output = connected.output.get();
    plan.errors = errors.writing.get();
    plan.dies_with_us = true;
    if (command.memory_limit != 0) plan.data_limit = command.memory_limit + kStacks;
    const pid_t pid = process::spawn(plan);
    return {pid, std::move(connected.channel), std::move(connected.activity), std::move(errors.reading)};
}

WorkerProcess::~WorkerProcess() { kill(); }

std::string WorkerProcess::name() const { return fmt::format("worker {}", pid_); }

bool WorkerProcess::exits_within(int milliseconds) const noexcept {
    siginfo_t info{};
    if (!exited_) {
        if (milliseconds > 0) ::poll(nullptr, 0, 10);
    } else {
        pollfd exited{exited_.get(), POLLIN, 0};
        ::poll(&exited, 1, milliseconds);
    }
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_;
}

bool WorkerProcess::look() { return status_ >= 0 || exits_within(0); }

uint64_t WorkerProcess::memory() const {
    std::ifstream file(fmt::format("/proc/{}/statm", pid_));
    uint64_t size = 0, resident = 0;
    file >> size >> resident;
    return resident * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

Worker::End WorkerProcess::end() {
    const bool by_itself = exits_within(kLastBreath);
    kill();
    errors_.read();
    if (!by_itself) return {"closed its output and went on running", true, false, metrics::Cause::lost};
    const std::string failure = process::failure(status_);
    const bool killed = WIFSIGNALED(status_) && (WTERMSIG(status_) == SIGKILL || WTERMSIG(status_) == SIGTERM);
    return {failure.empty() ? "exited with status 0" : failure, !killed, failure.empty(),
            WIFSIGNALED(status_) ? metrics::Cause::signal : metrics::Cause::exit};
}

// Its number is taken until it has been waited for: so is that of its process group.
void WorkerProcess::kill() noexcept {
    if (status_ >= 0) return;
    ::kill(pid_, SIGKILL);
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
    }
    ::kill(-pid_, SIGKILL);
    status_ = wait_for_end(pid_);
}

}  // namespace supervisor
