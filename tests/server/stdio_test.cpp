// SPDX-License-Identifier: MIT
#include "server/stdio.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <system_error>

#include "server/child_process.h"
#include "support/pipe.h"

using support::read_all;

namespace {

bool write_text(int fd, const std::string& text) {
    return ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

struct Ended {
    int status;
    std::string output, errors;
};

Ended run_in_child(const std::string& input, const std::function<bool()>& body) {
    ChildProcess child(body);
    REQUIRE(write_text(child.input.get(), input));
    child.input.reset();
    Ended ended{-1, read_all(child.output.get()), read_all(child.errors.get())};
    ended.status = child.status();
    return ended;
}

}  // namespace

TEST_CASE("the protocol has what was standard input and descriptor 0 reads nothing") {
    const Ended ended = run_in_child("the protocol", [] {
        const server::Stdio stdio = server::take_stdio();
        char byte = 0;
        return ::read(STDIN_FILENO, &byte, 1) == 0 && read_all(stdio.input.get()) == "the protocol";
    });
    CHECK(ended.status == 0);
}

TEST_CASE("what is printed goes to stderr and not into the protocol") {
    const Ended ended = run_in_child("", [] {
        const server::Stdio stdio = server::take_stdio();
        std::printf("printed\n");
        return write_text(stdio.output.get(), "a frame");
    });
    CHECK(ended.status == 0);
    CHECK(ended.output == "a frame");
    CHECK(ended.errors == "printed\n");
}

TEST_CASE("what a child process prints goes to stderr and not into the protocol") {
    const Ended ended = run_in_child("", [] {
        const server::Stdio stdio = server::take_stdio();
        return std::system("echo from a child; cat") == 0;  // NOLINT(cert-env33-c, concurrency-mt-unsafe)
    });
    CHECK(ended.status == 0);
    CHECK(ended.output.empty());
    CHECK(ended.errors == "from a child\n");
}

TEST_CASE("the protocol is closed on exec and away from the standard descriptors") {
    const Ended ended = run_in_child("", [] {
        const server::Stdio stdio = server::take_stdio();
        for (const int fd : {stdio.input.get(), stdio.output.get()})
            if (fd <= STDERR_FILENO || (::fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0) return false;
        return true;
    });
    CHECK(ended.status == 0);
}

TEST_CASE("without a stderr what is printed goes nowhere") {
    const Ended ended = run_in_child("", [] {
        ::close(STDERR_FILENO);
        const server::Stdio stdio = server::take_stdio();
        const wire::unique_fd next(::open("/dev/null", O_RDONLY));
        std::printf("printed\n");
        return next.get() > STDERR_FILENO && write_text(STDERR_FILENO, "said") &&
               write_text(stdio.output.get(), "a frame");
    });
    CHECK(ended.status == 0);
    CHECK(ended.output == "a frame");
    CHECK(ended.errors.empty());
}

TEST_CASE("a standard input that is closed is an error that names it") {
    const Ended ended = run_in_child("", [] {
        ::close(STDIN_FILENO);
        try {
            server::take_stdio();
        } catch (const std::system_error& e) {
            return write_text(STDERR_FILENO, e.what());
        }
        return false;
    });
    CHECK(ended.status == 0);
    CHECK(ended.errors.find("standard input") != std::string::npos);
}

TEST_CASE("a forked child does not keep the protocol open") {
    ChildProcess host([] {
        server::Stdio stdio = server::take_stdio();
        if (::fork() == 0) {
            ::close(STDERR_FILENO);
            stay_for_a_while();
        }
        return write_text(stdio.output.get(), "a frame");
    });
    CHECK(read_to_the_end(host.output.get()) == "a frame");
}
