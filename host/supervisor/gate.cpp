// SPDX-License-Identifier: MIT
#include "supervisor/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "wire/frame.h"
#include "wire/frame_reader.h"

namespace supervisor {

void Gate::points(std::string_view frames, size_t count) {
    if (in_batch_) {
        batch_points_ += count;
        if (batch_points_ > batch_limit_)
            throw wire::ProtocolError(fmt::format("a batch of more than {} points (--batch-limit)", batch_limit_));
        batch_.append(frames);
        return;
    }
    if (drops_all_) {
        dropped_ += count;
        return;
    }
    since_acknowledged_ += count;
    const uint64_t again = std::min<uint64_t>(expected_again_, count);
    expected_again_ -= again;
    dropped_ += again;
    if (again == count) return;
    for (uint64_t i = 0; i < again; ++i)
        frames.remove_prefix(wire::split_frame(frames, wire::kMostFrameLimit).frame.size());
    outlet_.points(frames);
}

void Gate::begin(std::string_view frame, std::string_view body) {
    if (in_batch_) throw wire::ProtocolError("a batch began inside a batch");
    if (!wire::decode_begin(body, header_)) throw wire::ProtocolError("a BeginBatch that cannot be decoded");
    in_batch_ = true;
    batch_points_ = 0;
    batch_.append(frame);
}

void Gate::end(std::string_view frame) {
    if (!in_batch_) throw wire::ProtocolError("a batch ended that had not begun");
    // The number of points is taken at its word by Kapacitor, to ask for memory.
    if (header_.batch.point_count > batch_limit_)
        throw wire::ProtocolError(fmt::format("a batch that announces {} points", header_.batch.point_count));
    in_batch_ = false;
    batch_.append(frame);
    batch(batch_.view());
    batch_.consume(batch_.size());
}

void Gate::batch(std::string_view frames) {
    if (drops_all_) {
        ++dropped_;
        return;
    }
    ++since_acknowledged_;
    if (expected_again_ > 0) {
        --expected_again_;
        ++dropped_;
        return;
    }
    outlet_.batch(frames);
}

void Gate::worker_died() noexcept {
    if (std::exchange(comes_again_, true)) expected_again_ += since_acknowledged_;
    since_acknowledged_ = 0;
    in_batch_ = false;
    batch_.consume(batch_.size());
}

}  // namespace supervisor
