// SPDX-License-Identifier: MIT
//
// Supervisor: checkpoints, what becomes of a full journal, and upgrades.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "log/log.h"
#include "supervisor/supervisor.h"
#include "wire/supervised.h"

namespace supervisor {
namespace {

using std::chrono::milliseconds;

constexpr size_t kLeastCheckpoint = 512u << 10;  // bytes of input between two
constexpr size_t kSnapshotShare = 8;             // bytes of input for each byte of a snapshot
constexpr milliseconds kSnapshotLimit{10'000};   // then Kapacitor gets the last good one
constexpr milliseconds kDroppingLimit{1'000};    // that Kapacitor waits where it must not wait
constexpr milliseconds kUpgradeLimit{60'000};    // for a new worker to be ready
constexpr milliseconds kChangedEvery{500};       // looks at the plugin's file
constexpr milliseconds kRetiring{5'000};         // for a worker that was replaced to end by itself

}  // namespace

// ---- Checkpoints ----

void Supervisor::ask_for_owed_snapshot() {
    if (!delivery_.nears_snapshot()) snapshot_asked_at_ = Clock::now();
    delivery_.request_snapshot(snapshot_owed_from_, client_supervises_);
}

void Supervisor::took_snapshot(const std::string& snapshot) {
    if (!delivery_.awaits_snapshot()) throw wire::ProtocolError("a snapshot that was not asked for");
    const auto at = delivery_.snapshot_came();
    if (at) acknowledged();
    checkpoint_at_ = Clock::now();
    if (!at && !snapshot_failed_)
        logging::warning(where(), "a snapshot came behind answers to later questions, so nobody knows of when it is");
    snapshot_failed_ = !at || snapshot == wire::kNoSnapshot;
    if (!snapshot_failed_) {
        snapshot_ = shown_snapshot_ = snapshot;
        delivery_.set_checkpoint(*at);
        account_.took_checkpoint(snapshot_.size());
        forgotten_ = 0;
    }
    if (at ? *at >= snapshot_owed_from_ : !delivery_.wants_snapshot()) answer_snapshots(!snapshot_failed_);
    if (successor_ && delivery_.has_handed_over()) {
        if (snapshot_failed_)
            refuse_upgrade("the present worker gave no snapshot");
        else
            prompt(*successor_);
    }
}

// Exactly one answer for each request: where there is no good one, Kapacitor gets the last good one.
void Supervisor::answer_snapshots(bool good) {
    for (; owed_snapshots_ != 0; --owed_snapshots_) {
        wire::pb::Response response;
        response.mutable_snapshot()->set_snapshot(good || !client_supervises_ ? shown_snapshot_
                                                                              : std::string(wire::kNoSnapshot));
        reply(response);
    }
    answer_marks();
}

void Supervisor::answer_late_snapshots(Clock::time_point now) {
    if (owed_snapshots_ == 0 || now - snapshot_owed_at_ < kSnapshotLimit) return;
    logging::warning(where(), "a snapshot takes long, Kapacitor gets the last good one instead");
    delivery_.need_not_be_exact();
    answer_snapshots(false);
}

// In the order of the questions.
void Supervisor::answer_marks() {
    const uint64_t snapshots = asked_snapshots_ - owed_snapshots_;
    for (; !owed_marks_.empty(); owed_marks_.pop_front()) {
        const Mark& mark = owed_marks_.front();
        if (mark.at > delivery_.done() || mark.snapshots_before > snapshots) return;
        wire::pb::Response response;
        response.mutable_keepalive()->set_time(mark.time);
        reply(response);
    }
}

void Supervisor::checkpoint_if_due(Clock::time_point now) {
    if (!working_ || delivery_.catching_up() || delivery_.nears_snapshot() || ended_at_) return;
    if (delivery_.acknowledged() == delivery_.checkpoint()) return;
    const bool time = now - checkpoint_at_ >= settings_.checkpoint_interval;
    const size_t most =
        std::min(std::max(kSnapshotShare * snapshot_.size(), kLeastCheckpoint), settings_.journal_limit / 2);
    if (!time && (journal_.size() < most || snapshot_failed_)) return;
    snapshot_asked_at_ = Clock::now();
    delivery_.request_checkpoint();
}

// ---- A full journal ----

void Supervisor::make_room() {
    if (journal_.size() < settings_.journal_limit) return;
    const bool drops = settings_.drops_oldest && Clock::now() - got_on_at_ >= kDroppingLimit;
    if (!working_) return drops ? drop_oldest() : void();
    // A snapshot is on its way: it makes room.
    const milliseconds limit = settings_.drops_oldest ? kDroppingLimit : kSnapshotLimit;
    if (delivery_.nears_snapshot() && Clock::now() - std::max(snapshot_asked_at_, checkpoint_at_) < limit) return;
    // What is done is kept only to be done again after a death.
    const Position done = delivery_.acknowledged();
    if (done - journal_.begin() >= settings_.journal_limit / 8 && !delivery_.catching_up()) {
        if (forgotten_ == 0)
            logging::warning(where(), "no snapshot for long: after a restart the state will be older",
                             {{"journal_bytes", journal_.size()}});
        forgotten_ += done - journal_.begin();
        delivery_.set_checkpoint(done);
        return;
    }
    if (drops) drop_oldest();
}

// What no worker has begun, and with it what one has begun and does not end.
void Supervisor::drop_oldest() {
    const Position least = std::max(journal_.begin() + settings_.journal_limit / 8, delivery_.reached());
    const Position to = journal_.boundary_after(least).value_or(journal_.units_end());
    if (to <= journal_.begin() || to < delivery_.reached()) return;
    const auto units = delivery_.give_up(to);
    if (!units) return;
    if (working_)
        gate_.given_up();
    else
        gate_.expect_nothing_again();
    account_.last_error.set("the journal is full: the oldest points are dropped");
    if (lost_units_ + doubtful_units_ == 0)
        logging::error(where(),
                       "the worker does not get on and the journal is full: the oldest points are dropped "
                       "(--journal-full drop-oldest)");
    lost_units_ += units->unsent;
    doubtful_units_ += units->in_doubt;
    answer_marks();
}

void Supervisor::tell_lost() {
    if (lost_units_ == std::exchange(told_lost_units_, lost_units_)) return;
    logging::error(where(), "input was dropped (--journal-full drop-oldest)", {{"units", lost_units_}});
}

// ---- Upgrades ----

void Supervisor::look_at_upgrade(Clock::time_point now) {
    if (settings_.changed && now - changed_looked_at_ >= kChangedEvery) {
        changed_looked_at_ = now;
        if (settings_.changed()) upgrade_wanted_ = true;
    }
    if (successor_ && now - successor_->since > kUpgradeLimit)
        return refuse_upgrade(fmt::format("the new worker was not ready within {} s", kUpgradeLimit.count() / 1000));
    if (upgrade_wanted_ && life_ && working_ && !successor_ && !delivery_.catching_up() && !ended_at_) start_upgrade();
}

void Supervisor::start_upgrade() try {
    upgrade_wanted_ = false;
    auto next = std::make_unique<Life>(settings_.start(), settings_.frame_limit, account_);
    next->since = Clock::now();
    logging::info(where(), "upgrading", {{"worker", next->worker->name()}});
    successor_ = std::move(next);
    prompt(*successor_);
} catch (const std::exception& e) {
    refuse_upgrade(e.what());
}

// The old worker has given its state and nothing since.
void Supervisor::switch_over() {
    std::swap(life_, successor_);
    if (wire::Channel* channel = successor_->worker->channel()) channel->close_output();
    retired_.emplace_back(std::move(successor_), Clock::now() + kRetiring);
    ++upgrades_;
    gate_.worker_died();
    begin_work();
    logging::info(where(), "upgraded", {{"worker", life_->worker->name()}, {"state_bytes", snapshot_.size()}});
}

void Supervisor::refuse_upgrade(const std::string& why) {
    std::string said;
    if (successor_) {
        if (Errors* errors = successor_->worker->errors()) {
            successor_->worker->kill();
            errors->read();
            said = errors->last_lines();
        }
        successor_.reset();
    }
    wants_kept_ = has_kept_ && life_;
    account_.last_error.set("upgrade refused: " + why);
    delivery_.goes_on();
    logging::error(where(), "upgrade refused, what there was goes on", {{"cause", why}, {"said", said}});
}

void Supervisor::look_at_retired() {
    std::erase_if(retired_, [](const auto& retired) {
        const auto& [life, until] = retired;
        if (Errors* errors = life->worker->errors()) errors->read();
        return life->worker->look() || Clock::now() >= until;
    });
}

}  // namespace supervisor
