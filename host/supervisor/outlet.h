// SPDX-License-Identifier: MIT
//
// How units leave for Kapacitor: as they are, from a worker of ours, whose agent has the output guard; or
// through a guard here, where the agent is somebody else's.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "guard/guard.h"
#include "log/event.h"
#include "metrics/activity.h"
#include "supervisor/gate.h"
#include "wire/buffer.h"
#include "wire/decode.h"

namespace supervisor {

// Both count the points and batches that leave in `sent`.
class PlainOutlet final : public Outlet {
public:
    PlainOutlet(std::function<void(std::string_view)> send, metrics::FlowCount& sent)
        : send_(std::move(send)), sent_(sent) {}
    void points(std::string_view frames, uint64_t count) override {
        metrics::add(sent_.points, count);
        send_(frames);
    }
    void batch(std::string_view frames, uint64_t points) override;

private:
    const std::function<void(std::string_view)> send_;
    metrics::FlowCount& sent_;
};

// What a strict rule finds, and what cannot be decoded, is thrown as wire::ProtocolError.
class GuardedOutlet final : public Outlet {
public:
    // `where` is whom it speaks of in the log.
    GuardedOutlet(wire::Buffer& out, metrics::FlowCount& sent, std::string function, const guard::Policy& policy,
                  size_t frame_limit, std::function<logging::Where()> where);

    void points(std::string_view frames, uint64_t count) override;
    void batch(std::string_view frames, uint64_t points) override;

    // The data that the worker is given: the guard gives back to points what they have lost of their group.
    void saw_input(std::string_view frames);

    const guard::Guard& guard() const noexcept { return guard_; }

private:
    void add(std::string_view body, const wire::BatchHeader* header);
    void tell_news();

    wire::Buffer& out_;
    metrics::FlowCount& sent_;
    const std::function<logging::Where()> where_;
    const size_t frame_limit_;
    guard::Guard guard_;
    wire::PointRun run_, input_;
    wire::BatchHeader header_, end_;
    std::vector<udf_point> points_;  // without a note of where they come from
};

}  // namespace supervisor
