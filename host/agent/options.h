// SPDX-License-Identifier: MIT
//
// The options of a task, checked against what the algorithm declares. Kapacitor checks number and
// types itself, against the Info it cached at boot; what it cannot know (required, repeated), or
// lets through (lambdas), is caught here, before a handler exists.
#pragma once

#include <udf.pb.h>
#include <udf_plugin.h>

#include <deque>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace agent {

// what() names every option at fault: what came, what was expected, a near name where one fits.
struct BadOptions : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Options {
public:
    // Takes the options over, in the order of the TICKscript. An integer is widened where a double
    // is declared, a duration written out where a string is. Throws BadOptions.
    Options(const udf_algorithm& algorithm, kapacitor::udf::InitRequest request);
    Options(const Options&) = delete;
    Options& operator=(const Options&) = delete;

    // Valid as long as this object.
    std::span<const udf_arg> args() const noexcept { return args_; }

private:
    udf_value convert(const kapacitor::udf::OptionValue& value, uint32_t type, bool& fits);

    kapacitor::udf::InitRequest request_;  // owns the strings
    std::deque<std::string> written_out_;  // durations taken as strings
    std::vector<udf_value> values_;
    std::vector<udf_arg> args_;
};

}  // namespace agent
