// SPDX-License-Identifier: MIT
//
// What the checks have found, for people and for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "check/runner.h"

namespace check {

// A line a check; under what has not passed, why that matters and what to do.
std::string text_of(const Report& report);

// {"plugin", "algorithms": [NAME...], "checks": [{"name", "algorithm" (null for those of the file), "status",
// "details": [{"status", "text"}], "stderr": [LINE...], "promise", "why", "advice"}],
// "summary": {"passed", "warned", "failed", "skipped", "good"}}
nlohmann::ordered_json json_of(const Report& report);

// All checks that there are, a line each.
std::string list_of_checks();

}  // namespace check
