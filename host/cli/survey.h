// SPDX-License-Identifier: MIT
//
// What plugin files offer, asked from a process that may have threads. probe() forks, which such a
// process must not do: so another udf-host does it, `udf-host probe FILE...`, and says on a pipe what it
// has found, a line a file.
#pragma once

#include <sys/types.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/probe.h"
#include "wire/unique_fd.h"

namespace cli {

// Adds the subcommand, which is for ourselves: `probe FILE...` prints for each file in turn, at once, one line
//     {"plugin": FILE, "algorithms": [as in Probe], "problem": "as in Probe"}
void add_probe(CLI::App& app);

struct Prober {
    std::string program = "/proc/self/exe";     // called as `udf-host probe -- FILE...`
    std::chrono::milliseconds silence{15'000};  // it hangs after; more than probe() gives a file
};

// For one thread, which has to live as long as it: the prober dies with it.
class Survey {
public:
    using Clock = std::chrono::steady_clock;

    struct Answer {
        std::filesystem::path file;
        Probe probe;
    };

    explicit Survey(std::vector<std::filesystem::path> files, Prober prober = {});
    // Ends the prober, wherever it is.
    ~Survey();
    Survey(const Survey&) = delete;
    Survey& operator=(const Survey&) = delete;

    // The next answer, in the order of the files, if it is there: never waits. Each file gets one; where the prober
    // died over it, or fell silent, that is its problem, and another prober goes on behind it.
    std::optional<Answer> take();

    // The same, waiting for it up to that time. Nothing where it is not there by then, or all is over.
    std::optional<Answer> next(Clock::time_point until);

    // Every file has been answered for.
    bool over() const noexcept { return next_ == files_.size(); }

    // When take() has given nothing: readable once it may again, or else at that time. Another one after each take().
    int fd() const noexcept { return from_.get(); }
    Clock::time_point silent_at() const noexcept { return heard_at_ + prober_.silence; }

private:
    void begin();
    int end() noexcept;
    void read();
    Answer answered(const std::string& line);
    Answer failed(const std::string& why);

    const std::vector<std::filesystem::path> files_;
    const Prober prober_;
    size_t next_ = 0;  // the file that is being asked
    pid_t child_ = -1;
    std::string cannot_start_;  // why there is no child
    wire::unique_fd from_;
    std::string in_;
    bool ended_ = false;  // the input from the child
    Clock::time_point heard_at_{};
};

// Waits for all answers, up to the limit: then files that were not reached get that as their problem.
std::vector<Survey::Answer> survey(const std::vector<std::filesystem::path>& files, std::chrono::milliseconds limit,
                                   const Prober& prober = {});

}  // namespace cli
