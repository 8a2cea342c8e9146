// SPDX-License-Identifier: MIT
#include "server/stdio.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "server/fork_guard.h"

namespace server {
namespace {

int checked(int result, const char* doing) {
    if (result < 0) throw std::system_error(errno, std::system_category(), doing);
    return result;
}

}  // namespace

Stdio take_stdio() {
    Stdio stdio;
    stdio.input.reset(checked(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), "taking over standard input"));
    stdio.output.reset(checked(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), "taking over standard output"));
    close_in_children(stdio.input.get());
    close_in_children(stdio.output.get());
    wire::unique_fd nothing(checked(::open("/dev/null", O_RDWR | O_CLOEXEC), "opening /dev/null"));
    nothing.reset(checked(::fcntl(nothing.get(), F_DUPFD_CLOEXEC, 3), "opening /dev/null"));
    checked(::dup2(nothing.get(), STDIN_FILENO), "replacing standard input");
    // Where stderr is closed, what is said goes nowhere, and not into the next file to be opened.
    if (::fcntl(STDERR_FILENO, F_GETFD) < 0) checked(::dup2(nothing.get(), STDERR_FILENO), "replacing standard error");
    checked(::dup2(STDERR_FILENO, STDOUT_FILENO), "replacing standard output");
    return stdio;
}

}  // namespace server
