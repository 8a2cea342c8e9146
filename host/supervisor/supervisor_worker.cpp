// SPDX-License-Identifier: MIT
//
// Supervisor: workers, from their start to their death.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "log/log.h"
#include "supervisor/supervisor.h"
#include "wire/supervised.h"

namespace supervisor {
namespace {

using std::chrono::milliseconds;

constexpr int kLastReads = 100;         // more than a pipe holds
constexpr milliseconds kOwnWord{1000};  // for a worker of ours to say by itself that it hangs
constexpr milliseconds kFull{30'000};   // a worker that does not get on while Kapacitor waits has as long
constexpr milliseconds kDeaf{1000};     // and one that has closed its input, for what it has to say still

}  // namespace

// ---- The start ----

Supervisor::Life::Life(std::unique_ptr<Worker> made, size_t frame_limit, Account& its_account)
    : account(its_account), worker(std::move(made)), activity(worker->activity()), in(frame_limit) {
    account.worker_begins(activity);
}

Supervisor::Life::~Life() {
    worker->kill();
    account.worker_has_ended(activity);
}

bool Supervisor::wants_worker() const { return !ended_at_ || (!client_gone_ && !init_frame_.empty()); }

void Supervisor::start_worker() try {
    auto life = std::make_unique<Life>(wants_kept_ ? settings_.start_kept() : settings_.start(), settings_.frame_limit,
                                       account_);
    life->of_kept = wants_kept_;
    life->since = Clock::now();
    life_ = std::move(life);
    working_ = false;
    logging::say(restarts_.total() == 0 ? logging::Level::debug : logging::Level::info, where(),
                 wants_kept_ ? "the worker started, of the last version that worked" : "the worker started",
                 {{"worker", life_->worker->name()}});
    prompt(*life_);
} catch (const std::exception& e) {
    died({e.what(), true, metrics::Cause::start});
}

// Asks for the next thing on the way to work.
void Supervisor::prompt(Life& life) {
    if (life.worker->channel() == nullptr || life.asked != Asked::nothing) return;
    const bool next = &life == successor_.get();
    if (!next && owed_infos_ != 0 && (!working_ || delivery_.is_between_units()))
        return ask(life, Asked::info, info_frame_);
    if (init_frame_.empty()) return;
    if (!life.initialised) return ask(life, Asked::init, init_frame_);
    if (next && !delivery_.has_handed_over()) return;
    if (!life.restored && (owes_restore_ || !snapshot_.empty())) return ask(life, Asked::restore, restore_frame());
    life.restored = true;
    if (next)
        switch_over();
    else if (!working_)
        begin_work();
}

void Supervisor::ask(Life& life, Asked what, std::string_view frame) {
    life.asked = what;
    life.asked_at = Clock::now();
    life.to.append(frame);
}

std::string Supervisor::restore_frame() const {
    wire::pb::Request request;
    request.mutable_restore()->set_snapshot(snapshot_);
    std::string frame;
    wire::append_frame(frame, request);
    return frame;
}

void Supervisor::begin_work() {
    working_ = worked_ = true;
    wants_kept_ = life_->of_kept;
    if (settings_.keep && !life_->of_kept && settings_.keep()) has_kept_ = true;
    delivery_.start();
    if (owed_snapshots_ != 0) ask_for_owed_snapshot();
    gate_.drop_all(delivery_.catching_up());
    progressed();
}

// ---- What it says ----

void Supervisor::serve_worker(Life& life, bool readable, bool event) {
    prompt(life);
    wire::Channel::Status status = wire::Channel::Status::again;
    if (readable) status = read_worker(life);
    if (event && life.worker->look()) {
        // What it said last is in its pipe still; and what it has started may write there for ever.
        for (int i = 0; i < kLastReads && life.worker->channel() != nullptr; ++i)
            if (read_worker(life) != wire::Channel::Status::ok) break;
        status = wire::Channel::Status::closed;
    }
    if (&life != life_.get() && &life != successor_.get()) return;  // another has taken over
    if (status == wire::Channel::Status::closed) ended(life);
    prompt(life);
}

wire::Channel::Status Supervisor::read_worker(Life& life) try {
    const bool holds = &life == life_.get() && gate_.holds();
    holds ? life.in.pin() : life.in.release();
    const wire::Channel::Status status = life.in.fill(*life.worker->channel());
    take_worker_frames(life);
    return status;
} catch (const wire::ProtocolError& e) {
    throw Died{fmt::format("sent what must not reach Kapacitor: {}", e.what()), true, metrics::Cause::protocol};
}

// Data of one that has not got its state yet, or of one that was replaced, which an algorithm may emit unasked, is
// nobody's.
void Supervisor::take_worker_frames(Life& life) {
    for (;;) {
        const bool works = &life == life_.get() && working_;
        const std::string_view bytes = life.in.untaken();
        size_t size = 0, count = 0;
        for (;; ++count) {
            const wire::PointFrame point = wire::find_point(bytes.substr(size));
            if (!point) break;
            size += point.prefix + point.size;
        }
        if (count != 0) {
            if (!works && !life.initialised) throw wire::ProtocolError("a point, before Init");
            if (works) gate_.points(bytes.substr(0, size), count);
            life.in.take(size);
            if (works) progressed();
            continue;
        }
        const wire::Split frame = life.in.peek();
        if (frame.status != wire::Split::whole) return;
        life.in.take(frame);
        const wire::Message message = wire::open_message(frame.body);
        const bool is_data = message.kind >= wire::Kind::begin;
        if (is_data && !works) {
            if (!life.initialised) throw wire::ProtocolError("data, before Init");
            continue;
        }
        if (message.kind == wire::Kind::begin) {
            gate_.begin(frame.frame, message.body);
        } else if (message.kind == wire::Kind::point) {
            gate_.points(frame.frame, 1);
        } else if (message.kind == wire::Kind::end) {
            gate_.end(frame.frame);
        } else {
            wire::pb::Response response;
            if (!response.ParseFromArray(frame.body.data(), static_cast<int>(frame.body.size())))
                throw wire::ProtocolError(fmt::format("a frame of {} bytes that is no response", frame.body.size()));
            take_response(life, response, frame.frame);
            if (&life == life_.get()) prompt(life);  // what it emits unasked may be right behind
            continue;
        }
        progressed();
    }
}

void Supervisor::take_response(Life& life, const wire::pb::Response& response, std::string_view frame) {
    using wire::pb::Response;
    const bool present = &life == life_.get();
    const auto expect = [&life](Asked what) {
        if (life.asked != what) throw wire::ProtocolError("an answer to what was not asked");
        life.asked = Asked::nothing;
    };
    switch (response.message_case()) {
        case Response::kInfo:
            expect(Asked::info);
            for (; owed_infos_ != 0; --owed_infos_) out_.append(frame);
            return progressed();
        case Response::kInit:
            expect(Asked::init);
            return answered_init(life, response.init(), frame);
        case Response::kRestore:
            expect(Asked::restore);
            return answered_restore(life, response.restore(), frame);
        case Response::kSnapshot:
            if (present) took_snapshot(response.snapshot().snapshot());
            return;
        case Response::kKeepalive:
            if (!present || !working_ || !delivery_.acknowledge(response.keepalive().time())) return;
            acknowledged();
            return checkpoint_if_due(progress_at_);
        case Response::kError:
            // Before it has ever worked it is a reason not to: a plugin that cannot be loaded.
            if (present && !ever_initialised_ && life.asked != Asked::nothing) {
                if (settings_.own_agent && life.asked == Asked::info) leave_failed(response.error().error());
                refuse(response.error().error());
            }
            throw Died{fmt::format("failed: {}", response.error().error()), true,
                       life.activity && life.activity->hung ? metrics::Cause::hang : metrics::Cause::error};
        default:
            throw wire::ProtocolError("a response without a message, or with data in a form that is not usual");
    }
}

void Supervisor::acknowledged() {
    gate_.acknowledged();
    life_->in.release();
    if (!delivery_.is_near_death()) gate_.expect_nothing_again();
    doubtful_units_ = 0;
    tell_lost();
    answer_marks();
    gate_.drop_all(delivery_.catching_up());
    progressed();
    if (delivery_.done() > best_done_) {
        best_done_ = delivery_.done();
        left_out_in_a_row_ = 0;
        restarts_.progress();
    }
}

void Supervisor::answered_init(Life& life, const wire::pb::InitResponse& response, std::string_view frame) {
    if (&life != life_.get()) {
        if (!response.success())
            throw Died{fmt::format("cannot start: {}", response.error()), true, metrics::Cause::start};
        life.initialised = true;
        delivery_.request_handover();
        snapshot_asked_at_ = Clock::now();
        return;
    }
    const bool first = std::exchange(owes_init_, false);
    if (!response.success() && !first)
        throw Died{fmt::format("cannot start: {}", response.error()), true, metrics::Cause::start};
    life.initialised = true;
    ever_initialised_ |= response.success();
    if (first) out_.append(frame);
    if (!response.success()) leave_refused();
    progressed();
}

void Supervisor::answered_restore(Life& life, const wire::pb::RestoreResponse& response, std::string_view frame) {
    life.restored = true;
    const bool first = &life == life_.get() && std::exchange(owes_restore_, false);
    if (!response.success() && !first)
        throw Died{fmt::format("refuses the state: {}", response.error()), true, metrics::Cause::start};
    if (first) out_.append(frame);
    if (!response.success()) leave_refused();
    progressed();
}

// ---- What it is given ----

void Supervisor::write_worker() {
    if (successor_ && successor_->worker->channel() != nullptr) write_request(*successor_);
    if (!life_ || life_->worker->channel() == nullptr || life_->closing || life_->deaf) return;
    write_request(*life_);
    for (std::string_view bytes; life_->to.empty() && working_ && !(bytes = delivery_.next()).empty();) {
        const wire::Channel::Moved moved = life_->worker->channel()->write(bytes.data(), bytes.size());
        if (moved.status == wire::Channel::Status::closed) life_->deaf = true;  // its end will tell why
        if (moved.status != wire::Channel::Status::ok) return;
        delivery_.wrote(moved.bytes);
        got_on_at_ = Clock::now();  // it reads; no sign of life where little comes, for its channel takes that unread
        prompt(*life_);
    }
}

void Supervisor::write_request(Life& life) {
    if (life.to.empty() || life.deaf) return;
    const wire::Channel::Moved moved = life.worker->channel()->write(life.to.data(), life.to.size());
    if (moved.status == wire::Channel::Status::ok) life.to.erase(0, moved.bytes);
    life.deaf = moved.status == wire::Channel::Status::closed;
}

void Supervisor::progressed() {
    progress_at_ = Clock::now();
    if (working_) got_on_at_ = progress_at_;
}

// ---- How it does ----

void Supervisor::look_at_worker(Clock::time_point now) {
    if (life_->worker->channel() == nullptr) return;  // it is being tried
    if (delivery_.unmarked() && working_) delivery_.mark_now();
    checkpoint_if_due(now);
    if (settings_.memory_limit != 0)
        if (const uint64_t bytes = life_->worker->memory(); bytes > settings_.memory_limit) {
            life_->worker->kill();
            throw Died{fmt::format("took {} MiB of memory, the limit is {} (--memory-limit)", bytes >> 20,
                                   settings_.memory_limit >> 20),
                       true, metrics::Cause::memory};
        }
    const bool waits_for_it = life_->asked != Asked::nothing ||
                              (working_ && (delivery_.owed() || !delivery_.next().empty() || life_->closing));
    const bool deaf = life_->deaf && !life_->closing;
    if ((!deaf && (!waits_for_it || settings_.hang.count() == 0)) || out_.size() >= kOutputLimit) {
        quiet_since_ = now;
        return;
    }
    const auto quiet = now - std::max({progress_at_, quiet_since_, life_->asked_at});
    milliseconds limit = settings_.hang + (settings_.own_agent ? kOwnWord : milliseconds(0));
    if (journal_.size() >= settings_.journal_limit) limit = std::min(limit, std::max(kFull, keepalives_.timeout()));
    if (quiet < (deaf ? kDeaf : limit)) return;
    life_->worker->kill();
    if (deaf) throw Died{"closed its input and went on running", true, metrics::Cause::lost};
    throw Died{fmt::format("hangs: it has not got on for {:g} s", seconds(limit)), !settings_.own_agent,
               metrics::Cause::hang};
}

}  // namespace supervisor
