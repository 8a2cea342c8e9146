// SPDX-License-Identifier: MIT
//
// The bytes of one connection: frames coming in, responses going out, and the lock over both.
//
// One thread, the handler's, takes frames and waits for input. Any thread may append output. While
// the output is blocked, whoever waits for it reads input on into bounded memory: a Kapacitor that
// stops a task sits in a write to us and would wait for ever.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "metrics/activity.h"
#include "wire/buffer.h"
#include "wire/channel.h"
#include "wire/frame_reader.h"
#include "wire/keepalive_interval.h"

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
    // How long to wait for the other side. Leaving while Kapacitor is stuck in what comes after the UDF makes it panic,
    // and staying makes whoever disables the task wait: the longer the output has been blocked, the longer we stay.
    struct Patience {
        // Without progress once the input has ended; half of it where nothing is read, or twice as long as nothing was
        // read before that, up to kDrainTotal times it.
        std::chrono::milliseconds drain{1000};
        // Without anything read for longer than the keepalive timeout: Kapacitor has given the task up, and waiting
        // costs nobody anything. Also where the input waits in memory as far as it may, so that Kapacitor, in a write
        // to us, cannot end it.
        std::chrono::milliseconds stall{60'000};
    };
    static constexpr std::chrono::milliseconds kFirstComplaint{5000};  // about output that nobody reads
    // In quick succession one call of appended() in so many looks at the clock, which costs as much
    // as encoding a point.
    static constexpr int kQuickCalls = 16;

    explicit Connection(wire::Channel& channel) : Connection(channel, Patience{}) {}
    // `activity` is where the connection and those that serve it count what they do.
    Connection(wire::Channel& channel, Patience patience, size_t frame_limit = wire::kFrameLimit,
               std::shared_ptr<metrics::Activity> activity = std::make_shared<metrics::Activity>())
        : channel_(channel), patience_(patience), activity_(std::move(activity)), reader_(frame_limit) {}

    metrics::Activity& activity() noexcept { return *activity_; }  // [any]
    const metrics::Activity& activity() const noexcept { return *activity_; }

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

    // Reads input on, as far as that goes without blocking and into bounded memory. False where that is full: then
    // Kapacitor waits for us, with every task that it has.
    bool read_on();
    // How long Kapacitor lets pass without hearing from us; a guess until that is known.
    std::chrono::milliseconds keepalive_timeout() const noexcept { return keepalives_.timeout(); }

    // For how long it has been known that no more input will come, though some may be left to read.
    std::optional<Clock::duration> ended_for();
    // Whatever is still to come does not matter any more.
    void end() noexcept {
        if (!ended_at_) ended_at_ = Clock::now();
    }

    // A KeepaliveRequest with this time has come, in ns: their distance is the interval.
    void keepalive_heard(int64_t time) noexcept { keepalives_.heard(time); }
    // A quarter of the keepalive interval: whoever was silent for so long while he worked sends a heartbeat.
    std::chrono::milliseconds heartbeat_after() const noexcept { return keepalives_.heartbeat_after(); }
    // Sends a KeepaliveResponse that nobody asked for, which says to Kapacitor that we are alive and nothing else. At
    // most one waits in the output.
    void heartbeat();

    // Whether anything was written, or input waited for, since it was last asked.
    bool take_moved() noexcept { return std::exchange(moved_, false); }
    // Bytes written, and the time spent waiting for the other side to take them, since the beginning.
    uint64_t written() const noexcept { return written_; }
    Clock::duration blocked() const noexcept { return blocked_; }

    // Told with how long it has been blocked when the output stays so, at times further and further apart.
    void on_blocked(std::function<void(std::chrono::seconds)> told) { told_of_block_ = std::move(told); }

    // Writes all that is left, blocking; once the input has ended only as long as Patience says. False where it was
    // not all taken.
    bool flush_all();

    // The last message of all: sends what is left and then `error` as an ErrorResponse, and reads to the end of the
    // input or for `linger`: hanging up while data is on its way to us would lose both.
    void send_last(const std::string& error, std::chrono::milliseconds linger);

    // Reads and discards input to its end, or until `limit` has passed. What was handed out before stays.
    void discard_input(std::chrono::milliseconds limit);

    // Drain timeouts from the end of the input to the end of our patience.
    static constexpr int kDrainTotal = 10;

    // Nobody is to wait for us any longer: ends both directions, as far as that can be done from here.
    void hang_up();

private:
    bool is_due();
    void write_some();
    void write_down_to(size_t limit);
    bool is_over(Clock::duration stuck);

    wire::Channel& channel_;
    const Patience patience_;
    const std::shared_ptr<metrics::Activity> activity_;
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

    std::optional<Clock::time_point> ended_at_;

    wire::KeepaliveInterval keepalives_;
    std::optional<Clock::duration> patience_at_end_;
    bool heartbeat_waits_ = false;  // in the output
    bool moved_ = false;
    uint64_t written_ = 0;
    Clock::duration blocked_{};
    std::function<void(std::chrono::seconds)> told_of_block_;
};

}  // namespace agent
