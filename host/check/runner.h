// SPDX-License-Identifier: MIT
//
// Runs the checks, each in a child of its own: another udf-host, `udf-host check-one ...`. So a crash, an exit or a
// hang ends one check only, and is what that check has found. For one thread, which waits for them all; children die
// with it.
#pragma once

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "check/checks.h"
#include "check/notes.h"

namespace check {

struct Request {
    std::filesystem::path file;
    std::string algorithm;                      // empty stands for all
    std::vector<std::string> options;           // as of `udf-host run --option`
    std::vector<std::string> only;              // checks; empty stands for all
    std::chrono::milliseconds timeout{10'000};  // of a check
    std::string program = "/proc/self/exe";
};

struct Finding {
    Status status;
    std::string text;
};

struct Result {
    const Check* check;
    std::string algorithm;  // empty for the checks of the file
    Status status = Status::pass;
    std::vector<Finding> findings = {};
    bool stopped = false;                      // by another check, without which this one is pointless
    std::vector<std::string> last_lines = {};  // that the check wrote to its standard error, where it has failed
};

struct Report {
    std::filesystem::path file;
    std::vector<std::string> algorithms;
    std::vector<Result> results;  // in the order of the table, an algorithm after the other

    size_t count(Status status) const;
    // Whether nothing failed, and something could be tried.
    bool good() const;
};

// The words of the command line do not fit the plugin.
struct BadRequest : std::invalid_argument {
    using std::invalid_argument::invalid_argument;
};

// Throws BadRequest, and std::system_error where there can be no children.
Report run(const Request& request);

}  // namespace check
