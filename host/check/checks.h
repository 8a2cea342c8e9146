// SPDX-License-Identifier: MIT
//
// The table of all checks: what each is called, what it promises, why that matters and what to do where it fails.
#pragma once

#include <span>
#include <string_view>

#include "check/families.h"

namespace check {

// A stage begins when the one before is over. What fails in one of the first three makes those after it pointless: they
// are skipped.
enum class Stage {
    file,    // a file's, once
    create,  // each algorithm's from here on
    lifecycle,
    rest,
    alone,  // one after another, since they measure
};

// Which algorithms a check is for.
enum class For { all, batches, snapshots, no_snapshots, points_in_runs };

struct Check {
    const char* name;
    Stage stage;
    For algorithms;
    const char* promise;  // "loads": goes on after the plugin's or the algorithm's name
    const char* why;
    const char* advice;
    void (*of_file)(const FileSubject&);
    void (*of_algorithm)(const Subject&);
};

std::span<const Check> checks() noexcept;

// Null where there is no such check.
const Check* find_check(std::string_view name) noexcept;

bool is_for(const Check& check, const udf_algorithm& algorithm) noexcept;

}  // namespace check
