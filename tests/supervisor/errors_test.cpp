// SPDX-License-Identifier: MIT
#include "supervisor/errors.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "support/pipe.h"

using supervisor::Errors;

namespace {

// What reaches our stderr while it lives.
class Stderr {
public:
    Stderr() : before_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {
        ::fcntl(pipe_.write.get(), F_SETPIPE_SZ, 1 << 20);
        ::dup2(pipe_.write.get(), STDERR_FILENO);
        pipe_.write.reset();
    }
    ~Stderr() { ::dup2(before_.get(), STDERR_FILENO); }
    std::string end() {
        ::dup2(before_.get(), STDERR_FILENO);
        return support::read_all(pipe_.read.get());
    }

private:
    support::Pipe pipe_;
    wire::unique_fd before_;
};

// A worker's stderr, what it has said on it, and that it has ended.
std::string last_lines_of(const std::string& text) {
    const Stderr ours;
    support::Pipe pipe;
    Errors errors(std::move(pipe.read));
    for (size_t at = 0; at < text.size(); at += 4096) {
        pipe.put(text.substr(at, 4096));
        errors.read();
    }
    return errors.last_lines();
}

}  // namespace

TEST_CASE("what a worker says reaches our stderr unchanged, and its end is noticed") {
    Stderr ours;
    support::Pipe pipe;
    Errors errors(std::move(pipe.read));
    errors.read();  // nothing: does not block
    pipe.put("one\ntwo");
    errors.read();
    CHECK(errors.fd() >= 0);
    pipe.write.reset();
    errors.read();
    CHECK(errors.fd() == -1);
    errors.read();
    CHECK(ours.end() == "one\ntwo");
}

TEST_CASE("the last lines are told in one, whole and without empty ones") {
    CHECK(last_lines_of("") == "");
    CHECK(last_lines_of("\n\n") == "");
    CHECK(last_lines_of("one\n\ntwo\nno end") == "one | two | no end");
    CHECK(last_lines_of("1\n2\n3\n4\n5\n6\n7\n") == "3 | 4 | 5 | 6 | 7");
}

TEST_CASE("of a stack the innermost calls are told, and what was said before it") {
    std::string stack;
    for (int i = 1; i <= 48; ++i)
        stack += "evil.so(" + std::string(200, 'f') + std::to_string(i) + "+0x1a)[0x7f3a56f0]\n";
    const std::string told = last_lines_of("the reason\ncrashed; it was in:\n" + stack);
    CHECK(told.starts_with("the reason | crashed; it was in: | evil.so("));
    CHECK(told.ends_with("4+0x1a)[0x7f3a56f0]"));
    CHECK(last_lines_of("1\n2\n3\n4\n5\n6\na()[0x1]\nb()[0x2]\n") == "2 | 3 | 4 | 5 | 6 | a()[0x1] | b()[0x2]");
    CHECK(last_lines_of("a[0x1]\nnot[0xx]\n[0x\n]\n") == "a[0x1] | not[0xx] | [0x | ]");
}

TEST_CASE("of a line of the log the gist is told, in whatever format it is") {
    std::string stack = "a";
    for (int i = 0; i < 200; ++i) stack += " < evil.so(" + std::to_string(i) + "+0x1a)";
    const std::string told = "before | crashed by SIGSEGV, in a < evil.so(0+0x1a) < evil.so(1+0x1a) < evil.so(2+0x1a)";
    CHECK(last_lines_of("before\nudf-host: error: crashed by SIGSEGV algorithm=evil stack=\"" + stack + "\"\n") ==
          told);
    CHECK(last_lines_of("before\n{\"time\":\"t\",\"level\":\"error\",\"message\":\"crashed by SIGSEGV\",\"stack\":\"" +
                        stack + "\"}\n") == told);
}

TEST_CASE("of what is too much the end is told") {
    const std::string told = last_lines_of(std::string(100'000, 'x') + "the cause\n");
    CHECK(told.size() == 2048);
    CHECK(told.ends_with("the cause"));
    CHECK(last_lines_of(std::string(100'000, 'y') + "\nthe cause\n").ends_with("y | the cause"));
}

TEST_CASE("a worker that says ever more does not hold us up: only so much is taken at once") {
    const Stderr ours;
    support::Pipe pipe;
    const int size = ::fcntl(pipe.write.get(), F_SETPIPE_SZ, 1 << 20);
    if (size < 1 << 20) return;  // the user has no more pipe memory
    const int from = pipe.read.get();
    Errors errors(std::move(pipe.read));
    pipe.put(std::string(1 << 20, 'x'));
    errors.read();
    int left = 0;
    CHECK(::ioctl(from, FIONREAD, &left) == 0);
    CHECK(left > 0);
    CHECK(left <= (1 << 20) - (64 << 10));  // as much as a pipe holds in general
}
