// SPDX-License-Identifier: MIT
//
// Evidence against one unit of input: workers died while it, and nothing else, was before them. A death by
// somebody else's hand, a kill -9, says half as much as one by the worker's own. Not thread-safe.
#pragma once

#include <utility>

#include "supervisor/journal.h"

namespace supervisor {

class Suspicion {
public:
    // A worker has died of the unit that begins at `unit`, or so it seems. True where there is proof: the case is
    // closed then, and the next one begins anew.
    bool is_proven(Position unit, bool own_fault) noexcept {
        if (unit != unit_ || evidence_ == 0) deaths_ = evidence_ = 0;
        unit_ = unit;
        ++deaths_;
        evidence_ += own_fault ? kProof / 2 : 1;
        if (evidence_ < kProof) return false;
        evidence_ = 0;
        return true;
    }
    // With the unit that was asked for last.
    int deaths() const noexcept { return deaths_; }

private:
    static constexpr int kProof = 4;

    Position unit_ = 0;
    int evidence_ = 0;
    int deaths_ = 0;
};

}  // namespace supervisor
