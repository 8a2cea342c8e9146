// SPDX-License-Identifier: MIT
#include "supervisor/worker.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "support/full_load.h"
#include "system/process_table.h"

using supervisor::Worker;
using supervisor::WorkerProcess;
using namespace std::chrono_literals;

namespace {

constexpr int kWorkerDeadline = 20'000;  // ms

bool becomes_ready(int fd) {
    pollfd ready{fd, POLLIN, 0};
    return ::poll(&ready, 1, kWorkerDeadline) > 0;
}

Worker::End end_of(const std::string& script) {
    WorkerProcess worker({.words = {"sh", "-c", script}});
    CHECK(becomes_ready(worker.event_fd()));
    CHECK(worker.look());
    return worker.end();
}

std::string read_line(wire::PolledChannel& channel) {
    std::string line;
    for (char c = 0; c != '\n';) {
        if (!becomes_ready(channel.when_readable(true).fd)) return line + "... and no end";
        const auto moved = channel.read(&c, 1);
        if (moved.status == wire::Channel::Status::closed) return line;
        if (moved.status == wire::Channel::Status::ok && c != '\n') line += c;
    }
    return line;
}

bool ends(pid_t process) {
    for (int i = 0; i < kWorkerDeadline / 5; ++i) {
        if (!process_table::is_running(process)) return true;
        ::poll(nullptr, 0, 5);
    }
    return false;
}

size_t open_descriptors() { return process_table::entries(::getpid(), "fd"); }

bool has_children() { return ::waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD; }

}  // namespace

TEST_CASE("a worker reads and writes through its channel") {
    WorkerProcess worker({.words = {"cat"}});
    CHECK(!worker.look());
    CHECK(worker.name().starts_with("worker "));
    CHECK(worker.channel()->write("hello\n", 6).bytes == 6);
    CHECK(read_line(*worker.channel()) == "hello");
    worker.channel()->close_output();
    CHECK(becomes_ready(worker.event_fd()));
    CHECK(worker.look());
    const Worker::End end = worker.end();
    CHECK(end.clean);
    CHECK(end.cause == "exited with status 0");
}

TEST_CASE("how a worker ended is told, and whose fault it was") {
    CHECK(end_of("exit 3").cause == "exited with status 3");
    CHECK(end_of("exit 3").own_fault);
    CHECK(!end_of("exit 3").clean);
    CHECK(end_of("kill -SEGV $$").cause == "was killed by SIGSEGV (Segmentation fault)");
    CHECK(end_of("kill -SEGV $$").own_fault);
    CHECK(end_of("kill -KILL $$").cause == "was killed by SIGKILL (Killed)");
    CHECK(!end_of("kill -KILL $$").own_fault);
    CHECK(!end_of("kill -TERM $$").own_fault);
}

TEST_CASE("a worker that closes its output and goes on is ended, and that is told") {
    WorkerProcess worker({.words = {"sh", "-c", "echo ready; exec >&-; exec sleep 100"}});
    CHECK(read_line(*worker.channel()) == "ready");
    const Worker::End end = worker.end();
    CHECK(end.cause == "closed its output and went on running");
    CHECK(end.own_fault);
    CHECK(!has_children());
}

TEST_CASE("what a worker has said before it was ended is there afterwards") {
    WorkerProcess worker({.words = {"sh", "-c", "echo the cause >&2; exit 1"}});
    CHECK(becomes_ready(worker.event_fd()));
    CHECK(worker.look());
    CHECK(worker.end().cause == "exited with status 1");
    CHECK(worker.errors()->last_lines() == "the cause");
}

TEST_CASE("a command that cannot be started is an error that names it") {
    CHECK_THROWS_WITH_AS(WorkerProcess({.words = {"no-such-command-here"}}),
                         "cannot start no-such-command-here: No such file or directory", std::system_error);
    CHECK(!has_children());
}

TEST_CASE("a worker ends with its object, and with it what it has started") {
    pid_t child = -1, grandchild = -1;
    {
        WorkerProcess worker({.words = {"sh", "-c", "sleep 100 & echo $!; echo $$; wait"}});
        grandchild = std::stoi(read_line(*worker.channel()));
        child = std::stoi(read_line(*worker.channel()));
        CHECK(process_table::is_running(grandchild));
    }
    CHECK(ends(child));
    CHECK(ends(grandchild));
    CHECK(!has_children());
}

TEST_CASE("a worker that is stopped can be ended") {
    WorkerProcess worker({.words = {"sh", "-c", "echo $$; kill -STOP $$"}});
    const pid_t pid = std::stoi(read_line(*worker.channel()));
    worker.kill();
    CHECK(ends(pid));
    worker.kill();  // once more does no harm
}

TEST_CASE("a worker dies with the thread that made it, though its object lives on") {
    std::unique_ptr<WorkerProcess> worker;
    std::thread([&] {
        worker = std::make_unique<WorkerProcess>(WorkerProcess::Command{.words = {"sleep", "100"}});
    }).join();
    CHECK(becomes_ready(worker->event_fd()));
    CHECK(worker->look());
    CHECK(worker->end().cause == "was killed by SIGKILL (Killed)");
}

TEST_CASE("the memory that a worker takes is known") {
    WorkerProcess worker(
        {.words = {"sh", "-c", "x=$(head -c 50000000 /dev/zero | tr '\\0' x); echo ready; read line"}});
    CHECK(worker.memory() > 0);
    CHECK(read_line(*worker.channel()) == "ready");
    CHECK(worker.memory() > 40'000'000);
    worker.kill();
    CHECK(worker.memory() == 0);
}

TEST_CASE("a thousand workers leave no descriptor and no process behind") {
    const size_t before = open_descriptors();
    for (int i = 0; i < 1000; ++i) {
        WorkerProcess worker({.words = {"/bin/true"}});
        if (i % 2 == 0) worker.end();
    }
    CHECK(open_descriptors() == before);
    CHECK(!has_children());
}

// Without them the undefined behaviour sanitizer takes all memory for inaccessible.
TEST_CASE("where descriptors run out in the middle of a start, nothing is left behind" *
          doctest::skip(kAddressSanitizer)) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const size_t before = open_descriptors();
    bool started = false;
    for (rlim_t more = 0; more < 40 && !started; ++more) {
        const rlimit tight{before + more, limit.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &tight);
        try {
            const WorkerProcess worker({.words = {"/bin/true"}});
            started = worker.event_fd() >= 0;
        } catch (const std::system_error&) {
        }
        ::setrlimit(RLIMIT_NOFILE, &limit);
        CAPTURE(more);
        CHECK(!has_children());
        CHECK(open_descriptors() == before);
    }
    CHECK(started);
}
