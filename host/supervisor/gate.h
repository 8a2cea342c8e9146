// SPDX-License-Identifier: MIT
//
// What a worker sends on its way to Kapacitor. Only whole units pass: a point of a stream, or a batch
// from its begin to its end. After a death, what the next worker sends again of what has left already
// is dropped. A worker may have gone mad: whatever it sends, what leaves is frames of data, in an order that
// Kapacitor can bear. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "wire/buffer.h"
#include "wire/decode.h"

namespace supervisor {

// Where units go. Frames are whole and lie end to end.
class Outlet {
public:
    virtual ~Outlet() = default;
    virtual void points(std::string_view frames, uint64_t count) = 0;
    virtual void batch(std::string_view frames, uint64_t points) = 0;
};

class Gate {
public:
    // `batch_limit`: points.
    Gate(Outlet& outlet, uint64_t batch_limit) : outlet_(outlet), batch_limit_(batch_limit) {}

    // Frames of `count` points. Where holds() is true afterwards they must stay where they are, with those that came
    // before, until it no longer is.
    void points(std::string_view frames, size_t count);
    bool holds() const noexcept { return !points_.empty(); }
    // Another frame of data. These throw wire::ProtocolError where such a frame cannot be here.
    void begin(std::string_view frame, std::string_view body);
    void end(std::string_view frame);

    // All that came until now is of units that are done.
    void acknowledged() noexcept {
        forget_last();
        comes_again_ = true;
    }
    // While `yes`, everything is dropped: it is of units that were done before.
    void drop_all(bool yes) noexcept { drops_all_ = yes; }
    // The worker is dead: the next one sends again what came since the last acknowledgement.
    void worker_died();
    // A unit is taken out. What came of it does not come again; what came of those behind it, where a worker had got
    // past it once, does: from now on they are known by what they are, not by their number.
    void taken_out() noexcept;
    // All that was to come again has come.
    void expect_nothing_again() noexcept {
        expected_again_ = 0;
        again_.clear();
        by_content_ = false;
    }
    // What comes until the next acknowledgement will not come again either: those units are given up.
    void given_up() noexcept {
        expect_nothing_again();
        forget_last();
        comes_again_ = false;
    }

    uint64_t dropped() const noexcept { return dropped_; }  // units, for they had left before

private:
    static constexpr size_t kRemembered = 1u << 20;  // bytes

    void batch(std::string_view frames);
    void remember_points(std::string_view frames, uint64_t count);
    void remember_batch(std::string_view frames);
    bool may_remember(size_t bytes, bool same_kind) noexcept;
    void forget_contents() noexcept;
    void forget_last() noexcept;
    void expect_again();
    bool came_before(std::string_view unit);

    Outlet& outlet_;
    const uint64_t batch_limit_;
    wire::Buffer batch_;  // one that has not ended
    wire::BatchHeader header_;
    bool in_batch_ = false;
    uint64_t batch_points_ = 0;

    bool drops_all_ = false;
    uint64_t expected_again_ = 0;    // units that have left and are to come again
    std::deque<std::string> again_;  // these; empty where they are too many
    bool by_content_ = false;
    uint64_t since_acknowledged_ = 0;       // units:
    std::vector<std::string_view> points_;  // these, where they came to be,
    wire::Buffer batches_;                  // or these;
    size_t remembered_ = 0;                 // bytes
    bool remembers_ = true;                 // unless they are too many
    bool comes_again_ = true;               // after a death, what came since the last acknowledgement
    uint64_t dropped_ = 0;
};

}  // namespace supervisor
