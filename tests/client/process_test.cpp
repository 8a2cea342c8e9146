// SPDX-License-Identifier: MIT
#include "client/process.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <system_error>

using namespace client;
using namespace std::chrono_literals;

namespace {

std::string read_all(const wire::unique_fd& fd) {
    std::string text;
    char bytes[256];
    for (ssize_t n; (n = ::read(fd.get(), bytes, sizeof bytes)) > 0;) text.append(bytes, static_cast<size_t>(n));
    return text;
}

std::string failure_of(const std::string& script) {
    Process process({"sh", "-c", script});
    REQUIRE(process.exited_within(10s));
    return process.failure();
}

}  // namespace

TEST_CASE("a process reads and writes through its pipes") {
    Process process({"cat"});
    REQUIRE(::write(process.to_stdin.get(), "hello", 5) == 5);
    process.to_stdin.reset();
    CHECK(read_all(process.from_stdout) == "hello");
    REQUIRE(process.exited_within(10s));
    CHECK(process.failure().empty());
}

TEST_CASE("how a process ended is said in words") {
    CHECK(failure_of("exit 0").empty());
    CHECK(failure_of("exit 3") == "exited with status 3");
    CHECK(failure_of("kill -SEGV $$") == "was killed by SIGSEGV (Segmentation fault)");
}

TEST_CASE("a command that does not exist is an error that names it") {
    CHECK_THROWS_WITH_AS(Process({"no-such-command-here"}),
                         "cannot start no-such-command-here: No such file or directory", std::system_error);
}

TEST_CASE("waiting for a process has a bound") {
    Process process({"cat"});
    const auto start = std::chrono::steady_clock::now();
    CHECK(!process.exited_within(20ms));
    CHECK(std::chrono::steady_clock::now() - start >= 20ms);
    process.kill();
    CHECK(process.exited_within(0ms));
    CHECK(process.failure() == "was killed by SIGKILL (Killed)");
}

TEST_CASE("a process does not outlive its object") {
    wire::unique_fd output;
    {
        Process process({"sleep", "1000"});
        output = std::move(process.from_stdout);
    }
    CHECK(read_all(output).empty());  // would block while it lived
}

TEST_CASE("a later process does not hold the pipes of an earlier one") {
    Process earlier({"cat"});
    Process later({"cat"});
    earlier.to_stdin.reset();
    CHECK(earlier.exited_within(10s));
}

TEST_CASE("a process is in a group of its own") {
    Process process({"cut", "-d ", "-f5", "/proc/self/stat"});
    CHECK(read_all(process.from_stdout) != std::to_string(::getpgrp()) + "\n");
}
