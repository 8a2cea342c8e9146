// SPDX-License-Identifier: MIT
//
// Sessions as those who watch them from outside see them: by algorithm, task and node. Two connections of the same are
// one, and what connections that have ended did stays in the sums. Plain functions of their arguments; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "metrics/session.h"

namespace metrics {

// Well-formed UTF-8, whatever the session had.
struct Labels {
    std::string algorithm, task, node;
    bool operator<(const Labels& other) const noexcept {
        return std::tie(algorithm, task, node) < std::tie(other.algorithm, other.task, other.node);
    }
};

struct Total {
    Session counts;                        // the sums of the counts of all, and nothing else
    uint64_t connections = 0;              // that have not ended, as all that follows
    std::optional<Checkpoint> checkpoint;  // the oldest of the last ones, and the bytes of all
    uint64_t journal_bytes = 0, journal_frames = 0;
};

inline double in_seconds(uint64_t nanoseconds) noexcept { return static_cast<double>(nanoseconds) / 1e9; }

using Totals = std::map<Labels, Total>;

// Of what a registry's with_ended() gives. A connection that Kapacitor made to ask what the function is, without a task
// or data, is left out.
Totals totals(const std::vector<Session>& sessions);

}  // namespace metrics
