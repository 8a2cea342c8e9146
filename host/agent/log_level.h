// SPDX-License-Identifier: MIT
//
// The level of this process's log, as whoever watches it wants it.
#pragma once

#include "log/log.h"
#include "metrics/activity.h"

namespace agent {

// Takes the level that is wanted now. Costs next to nothing where that is the same as before. [any]
inline void follow_log_level(metrics::Activity& activity) noexcept {
    if (const char* level = activity.newly_wanted_level())
        logging::set_level(logging::level_named(level).value_or(logging::level()));
}

}  // namespace agent
