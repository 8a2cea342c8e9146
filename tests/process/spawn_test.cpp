// SPDX-License-Identifier: MIT
#include "process/spawn.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>
#include <thread>

#include "support/pipe.h"

namespace {

int status_of(pid_t child) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

// What a script writes, run as `plan` says.
std::string output_of(const std::string& script, process::Plan plan = {}) {
    process::Pipe output;
    plan.command = {"sh", "-c", script};
    plan.output = output.writing.get();
    const pid_t child = process::spawn(plan);
    output.writing.reset();
    const std::string text = support::read_all(output.reading.get());
    CHECK(status_of(child) == 0);
    return text;
}

}  // namespace

TEST_CASE("a child has the descriptors that it is given as 0, 1 and 2, and our ends of them end with us") {
    process::Pipe input, output, errors;
    process::Plan plan;
    plan.command = {"sh", "-c", "cat; echo error >&2"};
    plan.input = input.reading.get();
    plan.output = output.writing.get();
    plan.errors = errors.writing.get();
    const pid_t child = process::spawn(plan);
    for (process::Pipe* pipe : {&output, &errors}) pipe->writing.reset();
    REQUIRE(::write(input.writing.get(), "in\n", 3) == 3);
    input.writing.reset();
    CHECK(support::read_all(output.reading.get()) == "in\n");
    CHECK(support::read_all(errors.reading.get()) == "error\n");
    CHECK(status_of(child) == 0);
}

TEST_CASE("a command is looked up in PATH, and one that cannot be started is named and leaves no child") {
    process::Plan plan;
    plan.command = {"true"};
    CHECK(status_of(process::spawn(plan)) == 0);
    plan.command = {"no-such-command-here"};
    CHECK_THROWS_WITH_AS(process::spawn(plan), "cannot start no-such-command-here: No such file or directory",
                         std::system_error);
    plan.command = {"/etc/passwd"};
    CHECK_THROWS_WITH_AS(process::spawn(plan), "cannot start /etc/passwd: Permission denied", std::system_error);
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
    CHECK(errno == ECHILD);
}

TEST_CASE("a child has no signals blocked or ignored, whatever we have, and ours stay as they are") {
    sigset_t blocked, before, after;
    ::sigfillset(&blocked);
    ::pthread_sigmask(SIG_SETMASK, &blocked, &before);
    const auto ignored = std::signal(SIGPIPE, SIG_IGN);
    const std::string masks = output_of("grep -E '^Sig(Blk|Ign)' /proc/self/status");
    ::pthread_sigmask(SIG_SETMASK, &before, &after);
    std::signal(SIGPIPE, ignored);
    CHECK(masks == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    CHECK(::sigismember(&after, SIGTERM) == 1);
}

TEST_CASE("a child leads a process group of its own") {
    CHECK(output_of("[ $(ps -o pgid= -p $$) = $$ ] && echo leads") == "leads\n");
}

TEST_CASE("a child that is to die with us dies with the thread that has made it, and else does not") {
    for (const bool dies_with_us : {true, false}) {
        CAPTURE(dies_with_us);
        process::Pipe input;
        process::Plan plan;
        plan.command = {"cat"};
        plan.input = input.reading.get();
        plan.dies_with_us = dies_with_us;
        pid_t child = -1;
        std::thread([&] { child = process::spawn(plan); }).join();
        if (!dies_with_us) input.writing.reset();
        CHECK(process::failure(status_of(child)) == (dies_with_us ? "was killed by SIGKILL (Killed)" : ""));
    }
}

TEST_CASE("a child's memory is limited, and where ours is limited more, to that") {
    process::Plan plan;
    plan.data_limit = 64u << 20;
    CHECK(output_of("ulimit -d", plan) == "65536\n");
    rlimit before{};
    ::getrlimit(RLIMIT_DATA, &before);
    process::Plan more;
    more.data_limit = RLIM_INFINITY - 1;
    const std::string expected = before.rlim_max == RLIM_INFINITY ? "" : std::to_string(before.rlim_max >> 10) + "\n";
    const std::string actual = output_of("ulimit -d", more);
    CHECK((expected.empty() || actual == expected));
}

TEST_CASE("how a process ended is said in words") {
    const auto failure_of = [](const std::string& script) {
        process::Plan plan;
        plan.command = {"sh", "-c", script};
        return process::failure(status_of(process::spawn(plan)));
    };
    CHECK(failure_of("exit 0") == "");
    CHECK(failure_of("exit 3") == "exited with status 3");
    CHECK(failure_of("kill -ABRT $$") == "was killed by SIGABRT (Aborted)");
    CHECK(failure_of("kill -35 $$").starts_with("was killed by signal 35"));
}
