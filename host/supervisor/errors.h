// SPDX-License-Identifier: MIT
//
// What a worker says on its stderr: passed on to ours as it comes, and its last lines kept, to be told
// when it has died. Not thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "wire/unique_fd.h"

namespace supervisor {

class Errors {
public:
    // The reading end of a pipe; becomes non-blocking.
    explicit Errors(wire::unique_fd pipe);

    int fd() const noexcept { return pipe_.get(); }  // -1 once the other end is closed

    // Takes what is there.
    void read();

    // Its last lines, in one, with " | " between; empty where it has said nothing. Of lines of the log there is the
    // gist (log/parsed.h), and of a stack as glibc writes it the innermost calls only, beside the lines: what was said
    // before it tells the reason more often.
    std::string last_lines() const;

private:
    void keep(std::string_view bytes);
    void end_line();

    static constexpr size_t kKept = 2048;      // bytes
    static constexpr size_t kLongest = 16384;  // of a line of which the gist is looked for

    wire::unique_fd pipe_;
    std::string kept_, line_;  // line_: one that has not ended
    int calls_ = 0;            // at the end of kept_
};

}  // namespace supervisor
