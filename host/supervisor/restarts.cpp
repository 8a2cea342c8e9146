// SPDX-License-Identifier: MIT
#include "supervisor/restarts.h"

#include <algorithm>

namespace supervisor {

std::optional<Restarts::milliseconds> Restarts::died(Clock::time_point now) {
    ++total_;
    deaths_.push_back(now);
    while (now - deaths_.front() > limit_.period) deaths_.pop_front();
    const auto count = static_cast<int>(deaths_.size());
    if (count > limit_.most) return {};
    if (count == 1) return milliseconds(0);
    return std::min(kFirstPause * (1 << std::min(count - 2, 10)), kLongestPause);
}

}  // namespace supervisor
