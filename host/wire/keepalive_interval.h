// SPDX-License-Identifier: MIT
//
// How often Kapacitor wants to hear from us, learnt from the times in its KeepaliveRequests: it does not
// say so otherwise. Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>

namespace wire {

class KeepaliveInterval {
public:
    using milliseconds = std::chrono::milliseconds;

    // Until two requests have told the timeout; it is hardly ever longer.
    static constexpr milliseconds kAssumedTimeout{20'000};

    // A request with this time has come, in ns.
    void heard(int64_t time) noexcept {
        constexpr int64_t kShortest = 10'000'000, kLongest = 600'000'000'000;  // ns; other distances are none
        const int64_t distance = time > time_ && time_ > 0 ? time - time_ : 0;
        time_ = time;
        if (distance < kShortest || distance > kLongest) return;
        heartbeat_after_ = milliseconds(distance / 4'000'000);
        timeout_ = milliseconds(distance / 500'000);
    }
    int64_t last_time() const noexcept { return time_; }  // ns; of the last request

    // A quarter of the interval: whoever was silent for so long while he worked sends a heartbeat.
    milliseconds heartbeat_after() const noexcept { return heartbeat_after_; }
    // Two intervals: how long Kapacitor lets pass without hearing from us.
    milliseconds timeout() const noexcept { return timeout_; }

private:
    int64_t time_ = 0;
    milliseconds heartbeat_after_{250};  // as if it asked every second
    milliseconds timeout_ = kAssumedTimeout;
};

}  // namespace wire
