// SPDX-License-Identifier: MIT
#include "server/fork_guard.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <vector>

#include "support/pipe.h"

namespace {

bool holds_in_a_child(const std::function<bool()>& condition) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(condition() ? 0 : 1);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status == 0;
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

}  // namespace

TEST_CASE("a guarded descriptor is closed in a child, and in the child alone") {
    const support::Pipe pipe;
    server::close_in_children(pipe.write.get());
    CHECK(holds_in_a_child([&] { return !is_open(pipe.write.get()) && is_open(pipe.read.get()); }));
    CHECK(is_open(pipe.write.get()));
}

TEST_CASE("a later file with the number of a guarded one is left to children") {
    support::Pipe pipe;
    const int fd = pipe.write.get();
    server::close_in_children(fd);
    pipe.write.reset();
    const support::Pipe other;
    REQUIRE(::dup2(other.write.get(), fd) == fd);
    pipe.write.reset(fd);
    CHECK(holds_in_a_child([&] { return is_open(fd); }));
    server::close_in_children(fd);
    CHECK(holds_in_a_child([&] { return !is_open(fd); }));
}

TEST_CASE("what is too much to guard does no harm") {
    std::vector<wire::unique_fd> fds;
    for (int i = 0; i < 40; ++i) {
        fds.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        server::close_in_children(fds.back().get());
    }
    CHECK(holds_in_a_child([&] { return is_open(fds.back().get()); }));
}
