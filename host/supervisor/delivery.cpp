// SPDX-License-Identifier: MIT
#include "supervisor/delivery.h"

#include <algorithm>
#include <utility>

#include "wire/control.h"
#include "wire/frame.h"

namespace supervisor {
namespace {

std::string mark_frame(int64_t number) {
    wire::pb::Request request;
    request.mutable_keepalive()->set_time(-number);
    std::string frame;
    wire::append_frame(frame, request);
    return frame;
}

std::string snapshot_frame() {
    wire::pb::Request request;
    request.mutable_snapshot();
    std::string frame;
    wire::append_frame(frame, request);
    return frame;
}

}  // namespace

void Delivery::start() {
    at_work_ = true;
    sent_ = acknowledged_ = last_mark_ = planned_ = checkpoint_;
    at_unit_end_ = planned_is_unit_end_ = true;
    control_.clear();
    asked_.clear();
    askings_left_ = 0;
    snapshot_asked_ = checkpoint_wanted_ = false;
    goes_on();
}

// ---- To the worker ----

std::string_view Delivery::next() {
    for (;;) {
        if (!control_.empty()) return control_;
        if (sent_ < planned_) return journal_.view(sent_).substr(0, planned_ - sent_);
        if (at_unit_end_) {
            if (askings_left_ != 0) {
                if (asks_) return {};
                asks_ = true;
                ask_mark();
                continue;
            }
            pass_over_taken_out();
            const bool is_there = snapshot_wanted_ && sent_ >= snapshot_from_;
            const bool wants = wants_snapshot_here() && (!overtaking_ || acknowledged_ == sent_);
            if (wants && is_there && snapshot_asked_ && snapshot_exactly_) return {};
            if (wants && !snapshot_asked_) {
                checkpoint_wanted_ = false;
                if (is_there) snapshot_wanted_ = false;
                if (std::exchange(handover_wanted_, false)) hands_over_ = true;
                snapshot_asked_ = true;
                control_ = snapshot_frame();
                asked_.push_back({sent_, 0});
                last_mark_ = sent_;
                continue;
            }
            if (needs_mark()) {
                mark_now_ = asks_ = false;
                last_mark_ = sent_;
                if (overtaking_)
                    askings_left_ = kAskings;
                else
                    ask_mark();
                continue;
            }
        }
        if (hands_over_ || !plan()) return {};
    }
}

void Delivery::ask_mark() {
    control_ = mark_frame(++marks_);
    asked_.push_back({sent_, marks_});
}

bool Delivery::wants_snapshot_here() const noexcept {
    return !hands_over_ && (checkpoint_wanted_ || (snapshot_wanted_ && sent_ >= snapshot_from_));
}

// Decides to where the next data goes; false where none can be sent now.
bool Delivery::plan() {
    if (!asked_.empty() && sent_ - acknowledged_ >= kWindow) return false;
    if (at_unit_end_ && careful(sent_)) {
        if (!asked_.empty()) return false;
        if (const auto end = journal_.unit_end(sent_)) {
            planned_ = *end;
            planned_is_unit_end_ = true;
            return true;
        }
    }
    if (sent_ == journal_.end()) return false;
    // In one piece up to the next mark.
    auto boundary = journal_.boundary_after(std::max(sent_, last_mark_ + kMarkEvery - 1));
    if (!boundary && journal_.units_end() > sent_) boundary = journal_.units_end();
    planned_ = boundary.value_or(journal_.end());
    planned_is_unit_end_ = boundary.has_value();
    const auto stop_at = [&](Position at) {
        if (sent_ < at && at < planned_) {
            planned_ = at;
            planned_is_unit_end_ = true;
        }
    };
    stop_at(done_);
    if (snapshot_wanted_) stop_at(snapshot_from_);
    for (const Position at : wanted_marks_) stop_at(at);
    stop_at(careful_.begin);
    for (const Range& range : taken_out_) stop_at(range.begin);
    return true;
}

bool Delivery::needs_mark() const noexcept {
    if (sent_ <= last_mark_) return false;
    return mark_now_ || sent_ - last_mark_ >= kMarkEvery || sent_ == done_ || sent_ == careful_.begin ||
           (sent_ > careful_.begin && sent_ <= careful_.end) || (overtaking_ && wants_snapshot_here()) ||
           std::find(wanted_marks_.begin(), wanted_marks_.end(), sent_) != wanted_marks_.end();
}

void Delivery::pass_over_taken_out() noexcept {
    for (const Range& range : taken_out_)
        if (range.begin == sent_) sent_ = planned_ = range.end;
}

void Delivery::wrote(size_t bytes) {
    if (!control_.empty()) {
        control_.erase(0, bytes);
        return;
    }
    sent_ += bytes;
    at_unit_end_ = sent_ == planned_ && planned_is_unit_end_;
}

void Delivery::request_mark(Position at) {
    if (at > done_ && (wanted_marks_.empty() || wanted_marks_.back() < at)) wanted_marks_.push_back(at);
}

void Delivery::request_snapshot(Position from, bool exactly) noexcept {
    snapshot_from_ = snapshot_wanted_ ? std::max(snapshot_from_, from) : from;
    snapshot_exactly_ = exactly || (snapshot_wanted_ && snapshot_exactly_);
    snapshot_wanted_ = true;
}

void Delivery::request_handover() noexcept {
    request_checkpoint();
    handover_wanted_ = true;
}

// ---- From the worker ----

bool Delivery::acknowledge(int64_t time) {
    const auto found = std::find_if(asked_.begin(), asked_.end(),
                                    [time](const Asked& asked) { return asked.number != 0 && asked.number == -time; });
    if (found == asked_.end()) return false;
    if (askings_left_ != 0 && --askings_left_ != 0) {
        asks_ = false;
        asked_.erase(asked_.begin(), std::next(found));
        return false;
    }
    acknowledged_ = std::max(acknowledged_, found->at);
    now_done();
    asked_.erase(asked_.begin(), std::next(found));
    return true;
}

std::optional<Position> Delivery::snapshot_came() {
    const bool in_order = snapshot_asked_ && !asked_.empty() && asked_.front().number == 0;
    snapshot_asked_ = false;
    if (!in_order) return {};
    const Position at = asked_.front().at;
    asked_.pop_front();
    acknowledged_ = std::max(acknowledged_, at);
    now_done();
    return at;
}

void Delivery::now_done() noexcept {
    done_ = std::max(done_, acknowledged_);
    while (!wanted_marks_.empty() && wanted_marks_.front() <= done_) wanted_marks_.pop_front();
}

// ---- The journal ----

void Delivery::set_checkpoint(Position at) {
    checkpoint_ = at;
    journal_.forget(at);
    while (!taken_out_.empty() && taken_out_.front().end <= at) taken_out_.pop_front();
}

std::optional<Delivery::GivenUp> Delivery::give_up(Position to) {
    GivenUp units{0, 0};
    Position given = done_;
    if (at_work_) {
        given = sent_;
        if (!at_unit_end_) {
            // It gets the rest of what it has the beginning of.
            auto end = journal_.boundary_after(sent_);
            if (planned_is_unit_end_) end = std::min(end.value_or(planned_), planned_);
            if (!end || *end > to) return {};
            for (given = *end; sent_ < given;) {
                const std::string_view rest = journal_.view(sent_).substr(0, given - sent_);
                control_.append(rest);
                sent_ += rest.size();
            }
        }
        units.in_doubt = journal_.units(done_, given);
        // A mark at once parts what comes of that from what comes of the rest.
        last_mark_ = checkpoint_;
        mark_now_ = true;
        askings_left_ = 0;
        std::erase_if(asked_, [](const Asked& asked) { return asked.number != 0; });
        for (Asked& asked : asked_) asked.at = to;
        sent_ = planned_ = acknowledged_ = to;
        at_unit_end_ = planned_is_unit_end_ = true;
    }
    units.unsent = journal_.units(std::max(done_, given), to);
    done_ = std::max(done_, to);
    now_done();
    set_checkpoint(to);
    return units;
}

bool Delivery::all_done() const noexcept { return first_undone() >= journal_.units_end(); }

// ---- Death ----

Position Delivery::first_undone() const noexcept {
    Position at = acknowledged_;
    for (const Range& range : taken_out_)
        if (range.begin == at) at = range.end;
    return at;
}

std::optional<Delivery::Suspect> Delivery::died() {
    at_work_ = false;
    const Position reached = sent_ == planned_ || planned_is_unit_end_ ? planned_ : journal_.units_end();
    const Position from = first_undone();
    careful_ = {from, std::max({careful_.end, from, std::min(reached, journal_.units_end())})};
    if (sent_ <= from) return {};
    const auto end = journal_.unit_end(from);
    if (!end) return {};
    return Suspect{from, *end, sent_ <= *end};
}

void Delivery::take_out(const Suspect& unit) {
    const auto behind = std::find_if(taken_out_.begin(), taken_out_.end(),
                                     [&](const Range& range) { return range.begin > unit.begin; });
    taken_out_.insert(behind, {unit.begin, unit.end});
}

}  // namespace supervisor
