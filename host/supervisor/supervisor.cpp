// SPDX-License-Identifier: MIT
#include "supervisor/supervisor.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <utility>

#include "guard/rules.h"
#include "log/log.h"
#include "text/utf8.h"
#include "wire/supervised.h"

namespace supervisor {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{50};              // at the clock, while something is under way
constexpr milliseconds kIdleLook{500};         // and else
constexpr milliseconds kFailedLinger{60'000};  // for the other side to read why and hang up
constexpr milliseconds kRefusedLinger{1000};   // no longer: Kapacitor leaks whom it refuses
constexpr int kDrainTotal = 10;                // drain timeouts from the end of the input to that of our patience

}  // namespace

Supervisor::Supervisor(wire::FdChannel& client, Settings settings)
    : client_(client),
      settings_(std::move(settings)),
      account_(settings_.algorithm),
      client_in_(settings_.frame_limit),
      plain_([this](std::string_view frames) { send(frames); }, account_.out),
      delivery_(journal_, settings_.own_agent ? Delivery::Answers::in_order : Delivery::Answers::overtaking),
      gate_(settings_.own_agent ? static_cast<Outlet&>(plain_)
                                : guarded_.emplace(out_, account_.out, settings_.function, settings_.guard,
                                                   settings_.frame_limit, [this] { return where(); }),
            settings_.guard.batch_limit),
      restarts_(settings_.restarts) {
    progress_at_ = written_at_ = checkpoint_at_ = changed_looked_at_ = Clock::now();
}

Supervisor::~Supervisor() = default;

std::string Supervisor::who() const {
    return task_.empty() ? settings_.function : fmt::format("{}, task {}, node {}", settings_.function, task_, node_);
}

logging::Where Supervisor::where() const { return {.algorithm = settings_.algorithm, .task = task_, .node = node_}; }

bool Supervisor::serve() {
    try {
        start_worker();  // also where the input ends at once: whoever tries it is told whether it could work
        while (true) step();
    } catch (const Left&) {
    }
    life_.reset();
    successor_.reset();
    retired_.clear();
    publish();
    if (guarded_)
        if (const std::string found = guarded_->guard().counters().text(); !found.empty())
            logging::info(where(), "what the guard has mended", {{"rules", found}});
    if (lost_units_ != 0)  // which was told too often for the log to say it each time
        logging::error(where(), "input was dropped in all (--journal-full drop-oldest)", {{"units", lost_units_}});
    return clean_;
}

void Supervisor::upgrade() noexcept {
    upgrade_wanted_ = true;
    client_.wake();
}

void Supervisor::report() noexcept {
    report_wanted_ = true;
    client_.wake();
}

metrics::Session Supervisor::session() const {
    std::array<uint64_t, metrics::Activity::kMostRules> by_number{};
    metrics::Session session = account_.session(by_number);
    static_assert(guard::kRules <= by_number.size());
    for (const guard::RuleInfo& rule : guard::rules())
        session.guard.emplace_back(rule.name, guarded_ ? guarded_->guard().counters().get(rule.rule)
                                                       : by_number[static_cast<size_t>(rule.rule)]);
    return session;
}

// For session().
void Supervisor::publish() noexcept {
    const auto set = [](auto& to, auto value) { to.store(value, std::memory_order_relaxed); };
    using State = Account::State;
    set(account_.state, ended_at_                ? State::ending
                        : successor_             ? State::upgrading
                        : working_               ? State::running
                        : restarts_.total() != 0 ? State::restarting
                                                 : State::starting);
    set(account_.worker, life_ ? life_->worker->pid() : 0);
    set(account_.journal_bytes, journal_.size());
    set(account_.journal_frames, journal_.frames());
    set(account_.upgrades, upgrades_);
    set(account_.quarantined, quarantined_);
    set(account_.dropped, lost_units_);
    const bool blocked = out_.size() >= kOutputLimit;
    if (blocked == std::exchange(output_blocked_, blocked)) return;
    blocked ? account_.blocked.begin() : account_.blocked.end();
}

// ---- The loop ----

void Supervisor::step() {
    enum Slot : uint8_t {
        kWake,
        kClientIn,
        kClientOut,
        kWorkerIn,
        kWorkerOut,
        kEvent,
        kErrors,
        kNextIn,
        kNextEvent,
        kNextErrors,
        kSlots
    };
    pollfd fds[kSlots];
    for (pollfd& fd : fds) fd = {-1, 0, 0};
    const auto wait_for = [&fds](Slot slot, int fd) { fds[slot] = {fd, POLLIN, 0}; };
    wait_for(kWake, client_.wake_fd());
    take_client_frames();  // what there was no room for; only then is more read
    fds[kClientIn] = client_.when_readable(!client_in_.at_end() && has_room());
    fds[kClientOut] = client_.when_writable(!out_.empty());
    if (life_) {
        wait_for(kEvent, life_->worker->event_fd());  // it may die while nobody reads
        if (const Errors* errors = life_->worker->errors()) wait_for(kErrors, errors->fd());
        if (const wire::PolledChannel* channel = life_->worker->channel()) {
            fds[kWorkerIn] = channel->when_readable(out_.size() < kOutputLimit);
            fds[kWorkerOut] = channel->when_writable(!life_->closing && !life_->deaf &&
                                                     (!life_->to.empty() || (working_ && !delivery_.next().empty())));
        }
    }
    if (successor_) {
        wait_for(kNextEvent, successor_->worker->event_fd());
        if (const Errors* errors = successor_->worker->errors()) wait_for(kNextErrors, errors->fd());
        if (const wire::PolledChannel* channel = successor_->worker->channel())
            fds[kNextIn] = channel->when_readable(true);
    }
    ::poll(fds, kSlots, static_cast<int>(until_next_look().count()));
    const auto is_ready = [&fds](Slot slot) { return fds[slot].fd >= 0 && fds[slot].revents != 0; };

    if (is_ready(kWake)) client_.take_wake();
    if (is_ready(kErrors)) life_->worker->errors()->read();
    if (is_ready(kNextErrors)) successor_->worker->errors()->read();
    if (life_) try {
            serve_worker(*life_, is_ready(kWorkerIn), is_ready(kEvent));
        } catch (const Died& death) {
            died(death);
        }
    if (successor_) try {
            serve_worker(*successor_, is_ready(kNextIn), is_ready(kNextEvent));
        } catch (const Died& death) {
            refuse_upgrade("it " + death.cause);
        }
    write_client();
    if (is_ready(kClientIn)) read_client();
    take_client_frames();
    if (life_) prompt(*life_);
    write_worker();
    look_at_clock();
    write_client();
    publish();
}

Supervisor::milliseconds Supervisor::until_next_look() const {
    // What waits for the clock: a mark, a heartbeat, a checkpoint, a restart, a worker's memory, a changed file.
    if (!life_ && !init_frame_.empty())
        return std::clamp(std::chrono::ceil<milliseconds>(start_at_ - Clock::now()), milliseconds(1), kLook);
    return busy() || ended_at_ || delivery_.unmarked() || settings_.memory_limit != 0 || successor_ || !retired_.empty()
               ? kLook
               : kIdleLook;
}

void Supervisor::look_at_clock() {
    const auto now = Clock::now();
    if (!life_ && now >= start_at_ && wants_worker()) start_worker();
    if (now - looked_at_ < kLook / 4 && !ended_at_) return;
    looked_at_ = now;
    if (report_wanted_.exchange(false)) tell();
    make_room();
    if (!client_in_.at_end() && !has_room() && client_.input_closed()) input_ended();
    if (life_) try {
            look_at_worker(now);
        } catch (const Died& death) {
            died(death);
        }
    answer_late_snapshots(now);
    look_at_upgrade(now);
    look_at_retired();
    heartbeat_if_due();
    finish_if_done();
    leave_if_stalled();
    leave_if_stuck();
}

void Supervisor::tell() const {
    logging::info(where(), "how the task stands",
                  {{"worker", life_ ? life_->worker->name() : "none"},
                   {"restarts", restarts_.total()},
                   {"upgrades", upgrades_},
                   {"left_out", quarantined_},
                   {"dropped", lost_units_},
                   {"journal_bytes", journal_.size()},
                   {"state_bytes", snapshot_.size()}});
}

// ---- The end ----

void Supervisor::input_ended() {
    if (ended_at_) return;
    ended_at_ = progress_at_ = Clock::now();
    start_at_ = std::min(start_at_, progress_at_);
    if (successor_) refuse_upgrade("the input has ended");
}

// False while frames are left to be taken.
bool Supervisor::takes_rest_of_input() {
    if (client_gone_ || client_in_.buffered() == 0) return true;
    if (!client_in_.at_end() || client_in_.peek().status == wire::Split::whole) return false;
    if (delivery_.all_done())
        fail(fmt::format("the input ended in the middle of a frame, {} bytes into it", client_in_.buffered()));
    return false;
}

void Supervisor::finish_if_done() {
    if (!ended_at_ || !takes_rest_of_input()) return;
    if (!life_) {
        if (init_frame_.empty()) clean_ = clean_ && restarts_.total() == 0;  // it never came to work
        if (init_frame_.empty() || (worked_ && delivery_.all_done())) throw Left{};
        return;  // another one finishes what is left
    }
    if (life_->closing || life_->worker->channel() == nullptr || life_->asked != Asked::nothing) return;
    const bool nothing_left =
        client_gone_ || (working_ && delivery_.all_done() && !delivery_.owed() && delivery_.next().empty());
    if (!init_frame_.empty() && !nothing_left) return;
    life_->worker->channel()->close_output();
    life_->closing = true;
}

// Kapacitor has given the task up: it reads nothing, and in a write to us it cannot end the input.
void Supervisor::leave_if_stalled() {
    const auto now = Clock::now();
    if (out_.empty() || ended_at_ || has_room()) flowed_at_ = now;
    const auto stalled = now - std::max(flowed_at_, written_at_);
    if (stalled < std::max(settings_.stall, keepalives_.timeout())) return;
    logging::error(where(), "nobody reads the output and no more input can be taken: the task is given up",
                   {{"seconds", std::chrono::duration_cast<std::chrono::seconds>(stalled).count()}});
    account_.last_error.set("nobody has read the output: the task is given up");
    clean_ = false;
    throw Left{};
}

// Kapacitor waits for our end, and holds a lock of the task meanwhile.
void Supervisor::leave_if_stuck() {
    if (!ended_at_) return;
    const auto now = Clock::now();
    const auto quiet = now - std::max(progress_at_, *ended_at_);
    const bool blocked = !out_.empty();
    if (quiet < (blocked ? settings_.drain / 2 : settings_.drain) && now - *ended_at_ < kDrainTotal * settings_.drain)
        return;
    if (!client_gone_ && (blocked || !delivery_.all_done()))
        logging::warning(where(), blocked
                                      ? "the input has ended and nobody reads the output: what is left is dropped"
                                      : "the input has ended and the worker does not get on: what is left is dropped");
    clean_ = clean_ && !blocked && delivery_.all_done();
    throw Left{};
}

// Everything is done, and the worker has ended as it was told to.
void Supervisor::leave_finished() {
    const auto began = Clock::now();
    const auto is_late = [&] {
        const auto now = Clock::now();
        return now - std::max(began, written_at_) >= settings_.drain / 2 ||
               now - began >= kDrainTotal * settings_.drain;
    };
    while (!out_.empty() && !client_gone_ && !is_late()) {
        write_client();
        if (!out_.empty()) client_.wait({.output = true}, kLook);
    }
    clean_ = clean_ && out_.empty() && !client_gone_;
    throw Left{};
}

// Kapacitor has been told, by the answer to Init or Restore.
void Supervisor::leave_refused() {
    clean_ = false;
    end_worker();
    linger(kRefusedLinger);
    throw Left{};
}

// Nothing has ever worked: the answer that is owed says why.
void Supervisor::refuse(const std::string& cause) {
    account_.last_error.set(cause);
    if (owes_init_) {
        wire::pb::Response response;
        response.mutable_init()->set_success(false);
        response.mutable_init()->set_error(text::replace_bad_utf8(cause));
        logging::error(where(), "cannot start", {{"cause", cause}});
        reply(response);
        leave_refused();
    }
    if (!settings_.defer_load_errors || owed_infos_ == 0) fail(cause);
    logging::error(where(), "cannot start; Kapacitor is told at the start of each task (--defer-load-errors)",
                   {{"cause", cause}});
    wire::pb::Response response;
    response.mutable_info();
    for (; owed_infos_ != 0; --owed_infos_) reply(response);
    linger(kFailedLinger);
    throw Left{};
}

void Supervisor::fail(const std::string& cause) {
    const std::string error = cause.starts_with(settings_.function) ? cause : fmt::format("{}: {}", who(), cause);
    logging::error(where(), "the task has failed", {{"cause", cause}});
    leave_failed(error);
}

// The error has been logged, or is being so by the worker.
void Supervisor::leave_failed(const std::string& error) {
    account_.last_error.set(error);
    wire::pb::Response response;
    response.mutable_error()->set_error(text::replace_bad_utf8(error));  // a worker may have said anything
    wire::append_response(out_, response);
    clean_ = false;
    successor_.reset();
    end_worker();
    linger(kFailedLinger);
    throw Left{};
}

// What it says last, of why it could not go on, is for the log.
void Supervisor::end_worker() {
    write_client();
    if (life_ && life_->worker->channel() != nullptr) {
        life_->worker->channel()->close_output();
        life_->worker->end();
    }
    life_.reset();
}

// Sends what is left and reads to the end of the input: hanging up while data is on its way to us would lose both.
void Supervisor::linger(milliseconds limit) {
    const auto until = Clock::now() + limit;
    bool closed = false;
    while (Clock::now() < until && !client_gone_) {
        client_in_.discard();
        write_client();
        if (out_.empty() && !std::exchange(closed, true)) client_.close_output();
        if (client_in_.at_end() && (out_.empty() || Clock::now() - *ended_at_ > settings_.drain / 2)) return;
        const wire::Channel::Ready ready =
            client_.wait({.input = !client_in_.at_end(), .output = !out_.empty()}, kLook);
        if (ready.input) read_client();
    }
}

}  // namespace supervisor
