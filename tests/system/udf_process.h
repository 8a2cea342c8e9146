// SPDX-License-Identifier: MIT
//
// A real udf-host: pipes on its stdin, stdout and stderr, and all that it says on the last kept. The
// destructor kills what still runs.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/pipe.h"
#include "wire/unique_fd.h"

using support::read_all;

constexpr std::chrono::seconds kDeadline{60};  // for what happens at once on a machine that is not busy

// Where the algorithm runs, as --isolation says it: in a worker under a supervisor, or in the process itself.
constexpr const char *kSupervised = "process", *kDirect = "none";

// Has the test case run once in each; what holds for whoever starts udf-host holds in both.
inline const char* each_isolation() {
    const char* isolation = nullptr;
    SUBCASE("supervised") { isolation = kSupervised; }
    SUBCASE("direct") { isolation = kDirect; }
    return isolation;
}

template <class Condition>
bool eventually(Condition&& condition) {
    const auto until = std::chrono::steady_clock::now() + kDeadline;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

class UdfProcess {
public:
    explicit UdfProcess(std::vector<std::string> arguments, wire::unique_fd terminal = {}) {
        arguments.insert(arguments.begin(), UDF_HOST);
        std::vector<char*> argv;
        for (std::string& argument : arguments) argv.push_back(argument.data());
        argv.push_back(nullptr);

        support::Pipe input, output, errors;
        posix_spawn_file_actions_t files;
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawn_file_actions_adddup2(&files, terminal ? terminal.get() : input.read.get(), STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&files, output.write.get(), STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&files, errors.write.get(), STDERR_FILENO);
        const int error = ::posix_spawn(&pid_, UDF_HOST, &files, nullptr, argv.data(), ::environ);
        ::posix_spawn_file_actions_destroy(&files);
        REQUIRE(error == 0);
        to_stdin = std::move(input.write);
        from_stdout = std::move(output.read);
        errors_reader_ = std::thread([this, from = std::move(errors.read)] {
            char piece[4096];
            for (ssize_t n; (n = ::read(from.get(), piece, sizeof piece)) > 0;) {
                const std::lock_guard lock(errors_mutex_);
                errors_.append(piece, static_cast<size_t>(n));
            }
        });
    }
    UdfProcess(const UdfProcess&) = delete;
    UdfProcess& operator=(const UdfProcess&) = delete;
    ~UdfProcess() {
        if (!status_) {
            signal(SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
        if (errors_reader_.joinable()) errors_reader_.join();
    }

    // Our ends of the pipes, for the test to take.
    wire::unique_fd to_stdin, from_stdout;

    pid_t pid() const noexcept { return pid_; }

    void signal(int number) { ::kill(pid_, number); }

    bool has_exited() {
        int status = 0;
        if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
        return status_.has_value();
    }

    // Waits for its end: the exit status, or 128 and the number of the signal that killed it.
    int status() {
        REQUIRE(eventually([&] { return has_exited(); }));
        return WIFSIGNALED(*status_) ? 128 + WTERMSIG(*status_) : WEXITSTATUS(*status_);
    }

    // What it has said on stderr: all of it where it has exited.
    std::string errors() {
        if (has_exited() && errors_reader_.joinable()) errors_reader_.join();
        const std::lock_guard lock(errors_mutex_);
        return errors_;
    }

private:
    pid_t pid_ = -1;
    std::optional<int> status_;  // as waitpid() gives it
    std::string errors_;
    std::mutex errors_mutex_;
    std::thread errors_reader_;  // a pipe, as Kapacitor has it
};

struct Ended {
    int status;
    std::string output, errors;
};

// Runs it to its end, with `input` on stdin.
inline Ended run_udf_host(std::vector<std::string> arguments, const std::string& input = {}) {
    std::signal(SIGPIPE, SIG_IGN);  // it may end before it has read its input
    UdfProcess process(std::move(arguments));
    if (!input.empty()) {
        const ssize_t n = ::write(process.to_stdin.get(), input.data(), input.size());
        REQUIRE((n == static_cast<ssize_t>(input.size()) || (n < 0 && errno == EPIPE)));
    }
    process.to_stdin.reset();
    std::string output = read_all(process.from_stdout.get());
    const int status = process.status();
    return {status, std::move(output), process.errors()};
}

// What every failure looks like: nothing on stdout, `udf-host: error: ...` in one line on stderr.
inline bool is_one_error_line(const Ended& ended) {
    return ended.output.empty() && ended.errors.starts_with("udf-host: error: ") &&
           ended.errors.find('\n') == ended.errors.size() - 1;
}
