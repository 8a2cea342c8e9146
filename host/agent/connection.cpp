// SPDX-License-Identifier: MIT
#include "agent/connection.h"

#include <utility>

namespace agent {

using std::chrono::milliseconds;

void Connection::appended(bool at_once) {
    if (output_.empty()) return;
    if (!at_once && output_.size() < write_at_ && !is_due()) return;
    write_some();
    if (output_.size() > kOutputLimit) write_down_to(kOutputLimit / 2);
    // Where the output is blocked, do not try again at every point.
    write_at_ = output_.size() + kFlushAt;
    unflushed_ = !output_.empty();
    if (unflushed_) unflushed_since_ = Clock::now();
}

// Whether the first unflushed byte is kFlushAfter old, or nearly: not every call looks at the clock.
bool Connection::is_due() {
    if (unflushed_ && looks_to_skip_ > 0) {
        --looks_to_skip_;
        return false;
    }
    const auto now = Clock::now();
    looks_to_skip_ = now - last_look_ < kFlushAfter / (4 * kQuickCalls) ? kQuickCalls : 0;
    last_look_ = now;
    if (!unflushed_) unflushed_since_ = now;
    return std::exchange(unflushed_, true) && now - unflushed_since_ >= kFlushAfter;
}

void Connection::wait_for_input(Lock& lock) {
    write_some();
    const bool read = !reader_.at_end();
    const bool write = !output_.empty();
    if (!read && !write) return;
    lock.unlock();
    const auto ready = channel_.wait({.input = read, .output = write, .woken = true}, std::nullopt);
    lock.lock();
    if (ready.output) write_some();
    if (ready.input) reader_.fill(channel_);
}

bool Connection::flush_all() {
    write_down_to(0);
    return !peer_gone_;
}

void Connection::discard_input(milliseconds limit) {
    const auto until = Clock::now() + limit;
    while (!reader_.at_end()) {
        const auto left = std::chrono::duration_cast<milliseconds>(until - Clock::now());
        if (left.count() <= 0) return;
        if (!channel_.wait({.input = true}, left).input) continue;
        reader_.fill(channel_);
        reader_.discard();
    }
}

void Connection::write_some() {
    while (!output_.empty() && !peer_gone_) {
        const auto [status, bytes] = channel_.write(output_.view().data(), output_.size());
        if (status == wire::Channel::Status::again) return;
        if (status == wire::Channel::Status::closed) peer_gone_ = output_closed_ = true;
        output_.consume(bytes);
    }
    if (peer_gone_) output_.consume(output_.size());
    output_.shrink(2 * kOutputLimit);
    unflushed_ = false;
}

// Blocks until at most `limit` bytes are left. Where that lasts, reads input on meanwhile; not at
// once, so that a fast input does not fill memory for nothing. Once the input has ended nobody may
// be there to read: gives up when nothing has moved for kDrainPatience.
void Connection::write_down_to(size_t limit) {
    auto moved = Clock::now();
    bool lasts = false;
    write_some();
    while (output_.size() > limit) {
        const bool read_on = lasts && !reader_.at_end() && reader_.buffered() < kReadAheadLimit;
        const auto ready = channel_.wait({.input = read_on, .output = true}, lasts ? kDrainPatience : kReadAheadAfter);
        const size_t before = output_.size();
        if (ready.output) write_some();
        if (ready.input) reader_.fill(channel_);
        const auto now = Clock::now();
        if (output_.size() != before) {
            moved = now;
            lasts = false;
        } else if (reader_.at_end() && now - moved >= kDrainPatience) {
            peer_gone_ = output_closed_ = true;
            output_.consume(output_.size());
        } else {
            lasts = now - moved >= kReadAheadAfter;
        }
    }
}

}  // namespace agent
