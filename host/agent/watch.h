// SPDX-License-Identifier: MIT
//
// Notices calls that last: a thread that looks again and again while one thread, the handler's, is
// in a call, and sleeps while it is not. What there is to do is the owner's business.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace agent {

class Watch {
public:
    using Clock = std::chrono::steady_clock;

    // `look` is called on the watch's own thread, the first time some `interval` after a call has begun,
    // and returns the interval to the next time.
    Watch(std::chrono::milliseconds interval, std::function<std::chrono::milliseconds()> look);
    // Waits for a look that is under way.
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    // Around each call; a few instructions while the watch is awake.
    void begin() noexcept {
        calls_.store(calls_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        in_call_.store(true);
        if (asleep_.load()) wake_up();
    }
    void end() noexcept { in_call_.store(false, std::memory_order_release); }

private:
    void run();
    void wake_up() noexcept;

    std::chrono::milliseconds interval_;
    const std::function<std::chrono::milliseconds()> look_;
    // Each side writes its own and then reads the other's: one of them sees that the other has.
    std::atomic<bool> in_call_ = false, asleep_ = false;
    std::atomic<uint64_t> calls_ = 0;

    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace agent
