// SPDX-License-Identifier: MIT
#include "agent/watch.h"

#include <utility>

namespace agent {

Watch::Watch(std::chrono::milliseconds interval, std::function<std::chrono::milliseconds()> look)
    : interval_(interval), look_(std::move(look)), thread_([this] { run(); }) {}

Watch::~Watch() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Watch::run() {
    uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        changed_.wait_for(lock, interval_, [this] { return stopping_; });
        if (stopping_) return;
        const bool in_call = in_call_.load();
        if (in_call || std::exchange(seen, calls_.load()) != seen) {
            // A look takes the owner's locks, and the owner's threads may be waiting to wake us with theirs.
            lock.unlock();
            if (in_call) interval_ = look_();
            lock.lock();
            continue;
        }
        asleep_.store(true);
        changed_.wait(lock, [this] { return stopping_ || in_call_.load() || !asleep_.load(); });
        asleep_.store(false);
    }
}

void Watch::wake_up() noexcept {
    {
        const std::lock_guard lock(mutex_);
        asleep_.store(false);
    }
    changed_.notify_one();
}

}  // namespace agent
