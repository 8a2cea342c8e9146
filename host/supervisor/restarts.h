// SPDX-License-Identifier: MIT
//
// When a worker that died is followed by another: at once after some progress, else later and later;
// and when not any more. Knows the time only from its caller.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace supervisor {

class Restarts {
public:
    using Clock = std::chrono::steady_clock;
    using milliseconds = std::chrono::milliseconds;

    // So many deaths without progress, within the period, are borne.
    struct Limit {
        int most = 10;
        milliseconds period{300'000};
    };
    explicit Restarts(Limit limit) : limit_(limit) {}

    // Something was done that had never been done before.
    void progress() noexcept { deaths_.clear(); }

    // How long the next worker has to wait; nothing where there is to be none.
    std::optional<milliseconds> died(Clock::time_point now);

    uint64_t total() const noexcept { return total_; }          // deaths
    size_t in_vain() const noexcept { return deaths_.size(); }  // of late, without progress

private:
    static constexpr milliseconds kFirstPause{100}, kLongestPause{10'000};

    const Limit limit_;
    std::deque<Clock::time_point> deaths_;
    uint64_t total_ = 0;
};

}  // namespace supervisor
