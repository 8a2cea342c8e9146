// SPDX-License-Identifier: MIT
//
// A part of a test that runs in a process of its own, with pipes on 0, 1 and 2.
#pragma once

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>

#include "support/pipe.h"

class ChildProcess {
public:
    // Its status is 0 where `body` gives true, unless it ends the process in some other way. The
    // destructor kills what still runs.
    explicit ChildProcess(const std::function<bool()>& body) {
        support::Pipe in, out, err;
        std::fflush(nullptr);
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            ::dup2(in.read.get(), STDIN_FILENO);
            ::dup2(out.write.get(), STDOUT_FILENO);
            ::dup2(err.write.get(), STDERR_FILENO);
            for (wire::unique_fd* fd : {&in.read, &in.write, &out.read, &out.write, &err.read, &err.write}) fd->reset();
            run(body);
        }
        input = std::move(in.write);
        output = std::move(out.read);
        errors = std::move(err.read);
    }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    ~ChildProcess() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

    wire::unique_fd input, output, errors;  // our ends of its pipes

    pid_t pid() const noexcept { return pid_; }

    // Waits for its end: the exit status, or 128 and the number of the signal that killed it.
    int status() {
        int status = 0;
        REQUIRE(::waitpid(pid_, &status, 0) == pid_);
        pid_ = -1;
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }

private:
    [[noreturn]] static void run(const std::function<bool()>& body) {
        try {
            const bool held = body();
            std::fflush(nullptr);
            ::_exit(held ? 0 : 1);
        } catch (...) {
            ::_exit(2);
        }
    }

    pid_t pid_ = -1;
};

// Outlives whoever is waited for, and does not stay for ever.
[[noreturn]] inline void stay_for_a_while() {
    for (int i = 0; i < 400; ++i) ::usleep(50'000);  // in parts: a thread sanitizer handles signals between two calls
    ::_exit(0);
}

// As read_all(), but what is still open after some time ends in "..., and no end".
inline std::string read_to_the_end(int fd, std::chrono::seconds limit = std::chrono::seconds(10)) {
    const auto until = std::chrono::steady_clock::now() + limit;
    std::string text;
    char bytes[4096];
    while (std::chrono::steady_clock::now() < until) {
        pollfd readable{fd, POLLIN, 0};
        if (::poll(&readable, 1, 100) <= 0) continue;
        const ssize_t n = ::read(fd, bytes, sizeof bytes);
        if (n <= 0) return text;
        text.append(bytes, static_cast<size_t>(n));
    }
    return text + ", and no end";
}

// LeakSanitizer cannot always stop the threads of a forked process, and says so at its exit.
inline std::string without_sanitizer(std::string text) {
    for (size_t begin; (begin = text.find("==Running thread ")) != text.npos;) {
        const size_t before = text.rfind('\n', begin);
        const size_t line = before == text.npos ? 0 : before + 1;
        text.erase(line, text.find('\n', begin) + 1 - line);
    }
    return text;
}
