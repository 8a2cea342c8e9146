// SPDX-License-Identifier: MIT
#include "agent/connection.h"

#include <algorithm>
#include <array>

#include "wire/control.h"

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
    moved_ = true;
    if (ready.output) write_some();
    if (ready.input) reader_.fill(channel_);
}

bool Connection::flush_all() {
    write_down_to(0);
    return !peer_gone_;
}

void Connection::send_last(const std::string& error, milliseconds linger) {
    close_output();
    wire::pb::Response response;
    response.mutable_error()->set_error(error);
    wire::append_response(output_, response);
    flush_all();
    discard_input(linger);
}

void Connection::discard_input(milliseconds limit) {
    const auto until = Clock::now() + limit;
    std::array<char, 16 << 10> nowhere;
    while (!reader_.at_end()) {
        const auto left = std::chrono::duration_cast<milliseconds>(until - Clock::now());
        if (left.count() <= 0) return;
        if (!channel_.wait({.input = true}, left).input) continue;
        if (channel_.read(nowhere.data(), nowhere.size()).status == wire::Channel::Status::closed) return;
    }
}

void Connection::hang_up() {
    write_some();
    peer_gone_ = output_closed_ = true;
    output_.consume(output_.size());
    channel_.hang_up();
}

bool Connection::read_on() {
    while (!reader_.at_end() && reader_.buffered() < kReadAheadLimit &&
           channel_.wait({.input = true}, milliseconds{0}).input)
        reader_.fill(channel_);
    return reader_.buffered() < kReadAheadLimit;
}

std::optional<Connection::Clock::duration> Connection::ended_for() {
    const auto now = Clock::now();
    if (!ended_at_ && (reader_.at_end() || channel_.input_closed())) ended_at_ = now;
    if (!ended_at_) return std::nullopt;
    return now - *ended_at_;
}

void Connection::heartbeat() {
    if (output_closed_ || std::exchange(heartbeat_waits_, true)) return;
    wire::pb::Response response;
    response.mutable_keepalive()->set_time(keepalives_.last_time());
    wire::append_response(output_, response);
    write_some();
}

void Connection::write_some() {
    while (!output_.empty() && !peer_gone_) {
        const auto [status, bytes] = channel_.write(output_.view().data(), output_.size());
        if (status == wire::Channel::Status::again) return;
        if (status == wire::Channel::Status::closed) peer_gone_ = output_closed_ = true;
        output_.consume(bytes);
        written_ += bytes;
        metrics::add(activity_->out.bytes, bytes);
        moved_ = true;
    }
    if (peer_gone_) output_.consume(output_.size());
    if (output_.empty()) heartbeat_waits_ = false;
    output_.shrink(2 * kOutputLimit);
    unflushed_ = false;
}

// Blocks until at most `limit` bytes are left. Where that lasts, reads input on meanwhile; not at once, so that a fast
// input does not fill memory for nothing. Once the input has ended nobody may be there to read: gives up when nothing
// has moved for a while, or when it has taken too long in all.
void Connection::write_down_to(size_t limit) {
    write_some();
    if (output_.size() <= limit) return;
    const auto began = Clock::now();
    activity_->blocked.begin();
    auto moved = began;
    auto complaint = kFirstComplaint;
    bool lasts = false;
    while (output_.size() > limit) {
        const bool read = lasts && !reader_.at_end() && reader_.buffered() < kReadAheadLimit;
        const auto patience = std::min(patience_.drain / 4, keepalives_.heartbeat_after());
        const auto ready = channel_.wait({.input = read, .output = true}, lasts ? patience : kReadAheadAfter);
        const uint64_t before = written_;
        if (ready.output) write_some();
        if (ready.input) reader_.fill(channel_);
        const auto now = Clock::now();
        if (written_ != before) moved = now;
        const auto stuck = now - moved;
        lasts = stuck >= kReadAheadAfter;
        if (!lasts) continue;
        if (stuck >= keepalives_.heartbeat_after()) heartbeat();
        if (is_over(stuck)) {
            peer_gone_ = output_closed_ = true;
            output_.consume(output_.size());
        }
        if (stuck >= complaint && told_of_block_) {
            told_of_block_(std::chrono::duration_cast<std::chrono::seconds>(stuck));
            complaint *= 4;
        }
    }
    activity_->blocked.end();
    blocked_ += Clock::now() - began;
}

// Whether to wait no longer for output to be read, of which none was for so long.
bool Connection::is_over(Clock::duration stuck) {
    const Clock::duration total = kDrainTotal * patience_.drain, stall = patience_.stall;
    const auto ended = ended_for();
    if (!ended)
        return reader_.buffered() >= kReadAheadLimit &&
               stuck >= std::max<Clock::duration>(stall, keepalives_.timeout());
    if (!patience_at_end_) {
        const Clock::duration before = std::max(stuck - *ended, Clock::duration::zero());
        const Clock::duration least = patience_.drain / 2;
        patience_at_end_ = before >= keepalives_.timeout() ? stall : std::clamp(2 * before, least, total);
    }
    return std::min(stuck, *ended) >= *patience_at_end_ || *ended >= std::max(total, *patience_at_end_);
}

}  // namespace agent
