// SPDX-License-Identifier: MIT
//
// The bytes of one connection: frames coming in, responses going out, and the lock over both.
//
// One thread, the handler's, takes frames and waits for input. Any thread may append output. While
// the output is blocked, whoever waits for it reads input on into bounded memory: a Kapacitor that
// stops a task sits in a write to us and would wait for ever.
#pragma once

#include <chrono>
#include <mutex>

#include "wire/buffer.h"
#include "wire/channel.h"
#include "wire/frame_reader.h"

namespace agent {

class Connection {
public:
    using Clock = std::chrono::steady_clock;
    using Lock = std::unique_lock<std::mutex>;

    static constexpr size_t kFlushAt = 64u << 10;         // bytes: worth a write
    static constexpr size_t kOutputLimit = 256u << 10;    // bytes: appending blocks above it
    static constexpr size_t kReadAheadLimit = 32u << 20;  // bytes read while output is blocked

    static constexpr std::chrono::microseconds kFlushAfter{1000};
    static constexpr std::chrono::milliseconds kReadAheadAfter{20};  // that nothing could be written
    static constexpr std::chrono::milliseconds kDrainPatience{500};  // a disabled task waits for it
    // In quick succession one call of appended() in so many looks at the clock, which costs as much
    // as encoding a point.
    static constexpr int kQuickCalls = 16;

    explicit Connection(wire::Channel& channel) : channel_(channel) {}

    // Everything below is called with the lock held.
    Lock lock() { return Lock(mutex_); }

    wire::FrameReader& reader() noexcept { return reader_; }

    // Where responses are appended; call appended() afterwards.
    wire::Buffer& output() noexcept { return output_; }

    // Writes what is due: nothing, or all that can be written without blocking. Blocks only while
    // the output is over its limit. `at_once` does not wait for more to come.
    void appended(bool at_once);

    // Nobody will read what is appended from now on, or nobody may append any more.
    bool output_closed() const noexcept { return output_closed_; }
    void close_output() noexcept { output_closed_ = true; }

    // Writes what can be written, then waits for input, for output to go on where some is left, or
    // for wake. Returns when anything moved. Releases the lock while it waits. [handler's thread]
    void wait_for_input(Lock& lock);

    // Makes wait_for_input return. Needs no lock; any thread.
    void wake() noexcept { channel_.wake(); }

    // Writes all that is left, blocking; once the input has ended only for as long as something
    // moves at least every kDrainPatience. False where it was not all taken.
    bool flush_all();

    // Reads and discards input to its end, or until `limit` has passed.
    void discard_input(std::chrono::milliseconds limit);

private:
    bool is_due();
    void write_some();
    void write_down_to(size_t limit);

    wire::Channel& channel_;
    std::mutex mutex_;
    wire::FrameReader reader_;
    wire::Buffer output_;
    Clock::time_point unflushed_since_{};
    bool unflushed_ = false;
    Clock::time_point last_look_{};  // at the clock
    int looks_to_skip_ = 0;
    size_t write_at_ = kFlushAt;  // size of output that is worth a write
    bool output_closed_ = false;
    bool peer_gone_ = false;
};

}  // namespace agent
