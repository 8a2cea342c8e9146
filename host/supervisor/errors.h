// SPDX-License-Identifier: MIT
//
// What a worker says on its stderr: passed on to ours as it comes, and its last lines kept, to be told
// when it has died. Not thread-safe.
#pragma once

#include <string>

#include "wire/unique_fd.h"

namespace supervisor {

class Errors {
public:
    // The reading end of a pipe; becomes non-blocking.
    explicit Errors(wire::unique_fd pipe);

    int fd() const noexcept { return pipe_.get(); }  // -1 once the other end is closed

    // Takes what is there.
    void read();

    // Its last lines, in one, with " | " between; empty where it has said nothing. Of a stack as glibc writes it there
    // are the innermost calls only, beside the lines: what was said before it tells the reason more often.
    std::string last_lines() const;

private:
    void shorten_stacks();

    static constexpr size_t kKept = 2048;  // bytes

    wire::unique_fd pipe_;
    std::string kept_;
};

}  // namespace supervisor
