// SPDX-License-Identifier: MIT
#include "metrics/registry.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace metrics {
namespace {

void add(Flow& to, const Flow& more) {
    to.points += more.points;
    to.batches += more.batches;
    to.bytes += more.bytes;
}

// What an ended connection leaves: its counts, and nothing that it has no more.
Session remains(Session session) {
    session.state = kEnded;
    session.id = 0;
    session.worker = 0;
    session.checkpoint.reset();
    session.journal_bytes = session.journal_frames = 0;
    return session;
}

}  // namespace

void add(Session& to, const Session& more) {
    add(to.in, more.in);
    add(to.out, more.out);
    to.handler += more.handler;
    to.blocked_nanoseconds += more.blocked_nanoseconds;
    for (const auto& [rule, count] : more.guard) {
        const auto same = std::find_if(to.guard.begin(), to.guard.end(),
                                       [&name = rule](const auto& its) { return its.first == name; });
        if (same == to.guard.end())
            to.guard.emplace_back(rule, count);
        else
            same->second += count;
    }
    for (size_t i = 0; i < kCauses.size(); ++i) to.restarts[i] += more.restarts[i];
    to.upgrades += more.upgrades;
    to.quarantined += more.quarantined;
    to.dropped += more.dropped;
    to.since = std::min(to.since, more.since);
    if (more.last_error.empty() || more.last_error_at < to.last_error_at) return;
    to.last_error = more.last_error;
    to.last_error_at = more.last_error_at;
}

uint64_t Registry::enter(Watched& watched) {
    const std::lock_guard lock(mutex_);
    watched_.emplace(++last_id_, &watched);
    if (level_is_set_) watched.set_log_level(level_);
    return last_id_;
}

void Registry::leave(uint64_t id) noexcept {
    const std::lock_guard lock(mutex_);
    const auto found = watched_.find(id);
    if (found == watched_.end()) return;
    const Watched& watched = *found->second;
    watched_.erase(found);
    try {
        Session session = remains(watched.session());
        Labels labels{session.algorithm, session.task, session.node};
        if (ended_.size() >= kMostSums && !ended_.contains(labels)) {
            session.task.clear();
            session.node.clear();
            labels = {session.algorithm, {}, {}};
        }
        const auto [sum, is_first] = ended_.try_emplace(std::move(labels), session);
        if (!is_first) add(sum->second, session);
    } catch (const std::exception&) {  // without memory for a sum there is none
    }
}

std::vector<Session> Registry::sessions_locked() const {
    std::vector<Session> sessions;
    sessions.reserve(watched_.size());
    for (const auto& [id, watched] : watched_) {
        sessions.push_back(watched->session());
        sessions.back().id = id;
    }
    return sessions;
}

std::vector<Session> Registry::sessions() const {
    const std::lock_guard lock(mutex_);
    return sessions_locked();
}

std::vector<Session> Registry::with_ended() const {
    const std::lock_guard lock(mutex_);
    std::vector<Session> sessions = sessions_locked();
    for (const auto& [labels, sum] : ended_) sessions.push_back(sum);
    return sessions;
}

size_t Registry::size() const {
    const std::lock_guard lock(mutex_);
    return watched_.size();
}

void Registry::report() const {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, watched] : watched_) watched->report();
}

void Registry::upgrade() const {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, watched] : watched_) watched->upgrade();
}

void Registry::set_log_level(uint32_t level) {
    const std::lock_guard lock(mutex_);
    level_ = level;
    level_is_set_ = true;
    for (const auto& [id, watched] : watched_) watched->set_log_level(level);
}

void Registry::set_log_level(uint32_t level, std::string_view algorithm) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, watched] : watched_)
        if (watched->session().algorithm == algorithm) watched->set_log_level(level);
}

}  // namespace metrics
