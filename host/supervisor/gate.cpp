// SPDX-License-Identifier: MIT
#include "supervisor/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
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
    remember(frames, count);
    while (expected_again_ != 0 && !frames.empty()) {
        const std::string_view point = wire::split_frame(frames, wire::kMostFrameLimit).frame;
        frames.remove_prefix(point.size());
        if (!came_before(point)) outlet_.points(point);
    }
    if (!frames.empty()) outlet_.points(frames);
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
    remember(frames, 1);
    if (!came_before(frames)) outlet_.batch(frames);
}

void Gate::remember(std::string_view frames, uint64_t units) {
    since_acknowledged_ += units;
    remembers_ = remembers_ && last_.size() + frames.size() <= kRemembered;
    if (remembers_) last_.append(frames);
}

void Gate::forget_last() noexcept {
    since_acknowledged_ = 0;
    last_.consume(last_.size());
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
        if (remembers)
            remember_again();
        else
            again_.clear();
    }
    forget_last();
    in_batch_ = false;
    batch_.consume(batch_.size());
}

void Gate::remember_again() {
    auto to = again_.begin();
    bool in_batch = false;
    for (std::string_view rest = last_.view(); !rest.empty();) {
        size_t size = 0;
        do {
            const wire::Split frame = wire::split_frame(rest.substr(size), wire::kMostFrameLimit);
            const wire::Kind kind = wire::open_message(frame.body).kind;
            in_batch = kind == wire::Kind::begin || (in_batch && kind != wire::Kind::end);
            size += frame.frame.size();
        } while (in_batch);
        to = std::next(again_.emplace(to, rest.substr(0, size)));
        rest.remove_prefix(size);
    }
}

}  // namespace supervisor
