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
    // Remembered is what has left: the outlet may throw.
    while (expected_again_ != 0 && !frames.empty()) {
        const std::string_view point = wire::split_frame(frames, wire::kMostFrameLimit).frame;
        frames.remove_prefix(point.size());
        --count;
        if (!came_before(point)) outlet_.points(point, 1);
        remember_points(point, 1);
    }
    if (frames.empty()) return;
    outlet_.points(frames, count);
    remember_points(frames, count);
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
    if (!came_before(frames)) outlet_.batch(frames, batch_points_);
    remember_batch(frames);
}

void Gate::remember_points(std::string_view frames, uint64_t count) {
    since_acknowledged_ += count;
    if (!may_remember(frames.size(), batches_.empty())) return;
    if (!points_.empty() && points_.back().data() + points_.back().size() == frames.data())
        points_.back() = {points_.back().data(), points_.back().size() + frames.size()};
    else
        points_.push_back(frames);
}

void Gate::remember_batch(std::string_view frames) {
    ++since_acknowledged_;
    if (may_remember(frames.size(), points_.empty())) batches_.append(frames);
}

// Only a worker that has gone mad sends both kinds.
bool Gate::may_remember(size_t bytes, bool same_kind) noexcept {
    remembered_ += bytes;
    if (remembers_ && (!same_kind || remembered_ > kRemembered)) {
        forget_contents();
        remembers_ = false;
    }
    return remembers_;
}

void Gate::forget_contents() noexcept {
    points_.clear();
    batches_.consume(batches_.size());
}

void Gate::forget_last() noexcept {
    since_acknowledged_ = remembered_ = 0;
    forget_contents();
    remembers_ = true;
}

bool Gate::came_before(std::string_view unit) {
    if (expected_again_ == 0) return false;
    if (by_content_) {
        const auto found = std::find(again_.begin(), again_.end(), unit);
        if (found == again_.end()) return false;
        again_.erase(again_.begin(), found);
        expected_again_ = again_.size();
    }
    --expected_again_;
    if (!again_.empty()) again_.pop_front();
    ++dropped_;
    return true;
}

void Gate::taken_out() noexcept {
    if (again_.empty()) return expect_nothing_again();
    by_content_ = true;
}

void Gate::worker_died() {
    if (std::exchange(comes_again_, true)) {
        const bool remembers = remembers_ && again_.size() == expected_again_;
        expected_again_ += since_acknowledged_;
        remembers ? expect_again() : again_.clear();
    }
    forget_last();
    in_batch_ = false;
    batch_.consume(batch_.size());
}

// What came since the last acknowledgement comes before what is expected already.
void Gate::expect_again() {
    std::vector<std::string_view> units;
    const auto add_units_of = [&units](std::string_view frames) {
        bool in_batch = false;
        while (!frames.empty()) {
            size_t size = 0;
            do {
                const wire::Split frame = wire::split_frame(frames.substr(size), wire::kMostFrameLimit);
                const wire::Kind kind = wire::open_message(frame.body).kind;
                in_batch = kind == wire::Kind::begin || (in_batch && kind != wire::Kind::end);
                size += frame.frame.size();
            } while (in_batch);
            units.push_back(frames.substr(0, size));
            frames.remove_prefix(size);
        }
    };
    for (const std::string_view frames : points_) add_units_of(frames);
    add_units_of(batches_.view());
    again_.insert(again_.begin(), units.begin(), units.end());
}

}  // namespace supervisor
