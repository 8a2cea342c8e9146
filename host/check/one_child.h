// SPDX-License-Identifier: MIT
//
// A child that runs one check, from outside: what it says, what it writes to its standard error, and how it ends.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "check/runner.h"
#include "wire/unique_fd.h"

namespace check {

class OneChild {
public:
    using Clock = std::chrono::steady_clock;

    // Starts it. `way` is that of making up options. Throws std::system_error.
    OneChild(const Request& request, const Check& check, std::string algorithm, size_t way);
    ~OneChild();
    OneChild(const OneChild&) = delete;
    OneChild& operator=(const OneChild&) = delete;

    // What to wait for: either is -1 once it has ended.
    int notes_fd() const noexcept { return notes_.get(); }
    int errors_fd() const noexcept { return errors_.get(); }
    Clock::time_point deadline() const noexcept { return deadline_; }

    // Reads what there is, and sees to it that the child ends in time. Never waits. True once it has ended.
    bool look();

    // When it has ended.
    Result result();
    // What a few checks have answered: {"algorithms": ...}, {"made": ...}, {"usage": ...}, all in one object.
    const nlohmann::json& answers() const noexcept { return answers_; }

private:
    void hear(const std::string& line);
    std::string how_it_ended() const;

    Result result_;
    const std::chrono::milliseconds timeout_;
    pid_t child_ = -1;
    Clock::time_point deadline_;
    wire::unique_fd notes_, errors_;
    std::string notes_text_, errors_text_, at_;
    nlohmann::json answers_ = nlohmann::json::object();
    bool done_ = false, ended_ = false, late_ = false;
    int status_ = 0;
};

}  // namespace check
