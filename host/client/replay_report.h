// SPDX-License-Identifier: MIT
//
// What a replay came to, as text for people.
#pragma once

#include <string>

#include "client/replay.h"
#include "wire/recording.h"

namespace client {

// One line without its end: `same: 1,234 points out, in 0.1 s`, or where they differ, or why the function failed.
std::string result_of(const Replayed& replayed, const std::string& recorded_failure);

// The first difference: both messages, member by member, and the last points that went in before it, of its group and
// not later where it is a point. Lines with their ends.
std::string describe(const Mismatch& mismatch, const wire::Recording& recording,
                     const wire::Recording::Session& session);

}  // namespace client
