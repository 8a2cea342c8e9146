// SPDX-License-Identifier: MIT
#include "supervisor/account.h"

#include <algorithm>
#include <exception>

namespace supervisor {
namespace {

using std::memory_order_relaxed;

const char* name_of(Account::State state) {
    switch (state) {
        case Account::State::starting:
            return "starting";
        case Account::State::running:
            return "running";
        case Account::State::restarting:
            return "restarting";
        case Account::State::upgrading:
            return "upgrading";
        case Account::State::ending:
            break;
    }
    return "ending";
}

uint64_t value(const metrics::Count& count) { return count.load(memory_order_relaxed); }

}  // namespace

void Account::serves(const std::string& task, const std::string& node) {
    const std::lock_guard lock(mutex_);
    task_ = task;
    node_ = node;
}

void Account::took_checkpoint(uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    checkpoint_ = {std::chrono::system_clock::now(), bytes};
}

void Account::worker_begins(const std::shared_ptr<metrics::Activity>& activity) {
    if (!activity) return;
    const std::lock_guard lock(mutex_);
    activity->wanted_level.store(wanted_level_, memory_order_relaxed);
    workers_.push_back(activity);
}

void Account::worker_has_ended(const std::shared_ptr<metrics::Activity>& activity) noexcept try {
    const std::lock_guard lock(mutex_);
    if (std::erase(workers_, activity) != 0) ended_.add(*activity);
} catch (const std::exception&) {  // without memory for what it has said
}

void Account::set_log_level(uint32_t level) noexcept {
    const std::lock_guard lock(mutex_);
    wanted_level_ = level + 1;
    for (const auto& activity : workers_) activity->wanted_level.store(wanted_level_, memory_order_relaxed);
}

void Account::OfWorkers::add(const metrics::Activity& activity) {
    if (std::string name = activity.algorithm.get(); !name.empty()) algorithm = std::move(name);
    if (std::string text = activity.last_error.get(); !text.empty() && activity.last_error.at() >= error_at) {
        error = std::move(text);
        error_at = activity.last_error.at();
    }
    calls += activity.calls();
    for (size_t i = 0; i < guard.size(); ++i) guard[i] += value(activity.guard[i]);
}

metrics::Session Account::session(std::array<uint64_t, metrics::Activity::kMostRules>& guard) const {
    metrics::Session session;
    OfWorkers all;
    {
        const std::lock_guard lock(mutex_);
        all = ended_;
        for (const auto& activity : workers_) all.add(*activity);
        session.task = task_;
        session.node = node_;
        session.checkpoint = checkpoint_;
    }
    session.algorithm = all.algorithm.empty() ? algorithm_ : all.algorithm;
    session.state = name_of(state.load(memory_order_relaxed));
    session.worker = worker.load(memory_order_relaxed);
    session.since = since_;
    session.in = in.get();
    session.out = out.get();
    session.handler = all.calls;
    session.blocked_nanoseconds = blocked.get();
    for (size_t i = 0; i < restarts.size(); ++i) session.restarts[i] = value(restarts[i]);
    session.upgrades = value(upgrades);
    session.journal_bytes = value(journal_bytes);
    session.journal_frames = value(journal_frames);
    session.quarantined = value(quarantined);
    session.dropped = value(dropped);
    session.last_error = last_error.get();
    session.last_error_at = last_error.at();
    if (session.last_error.empty() || (!all.error.empty() && all.error_at > session.last_error_at)) {
        session.last_error = std::move(all.error);
        session.last_error_at = all.error_at;
    }
    guard = all.guard;
    return session;
}

}  // namespace supervisor
