// SPDX-License-Identifier: MIT
//
// The connections of this process, for whoever asks how they stand: `udf-host status`, SIGUSR1, Prometheus, Telegraf.
// Whoever serves a connection enters it for as long as he serves it; when it leaves, its counts stay in a sum for its
// algorithm, task and node, so that no counter ever falls. Each process that serves has one, and it outlives all that
// is entered. Everything may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "metrics/session.h"

namespace metrics {

// A connection as the registry has it: a supervisor, or an agent without one. From any thread, and at once.
class Watched {
public:
    virtual ~Watched() = default;
    // But for the id, which is the registry's.
    virtual Session session() const = 0;
    virtual void report() noexcept = 0;  // logs how it stands
    virtual void upgrade() noexcept {}   // a new worker is to take over
    // `level`: of kLogLevels (metrics/activity.h); of processes that serve it and are not this one.
    virtual void set_log_level(uint32_t) noexcept {}
};

class Registry {
public:
    // The connection is there while this lives.
    class Entry {
    public:
        Entry(Registry& registry, Watched& watched) : registry_(registry), id_(registry.enter(watched)) {}
        ~Entry() { registry_.leave(id_); }
        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;

    private:
        Registry& registry_;
        const uint64_t id_;
    };

    // The connections that there are, oldest first.
    std::vector<Session> sessions() const;
    // And behind them the sums of those that have ended, with the state kEnded: what counters are made of.
    std::vector<Session> with_ended() const;
    size_t size() const;

    // Tells all of them, and has whoever comes later told the last level.
    void report() const;
    void upgrade() const;
    void set_log_level(uint32_t level);
    // Those alone that are of this algorithm now.
    void set_log_level(uint32_t level, std::string_view algorithm) const;

    // Sets of labels for which sums are kept. What ends beyond that is added up by algorithm alone.
    static constexpr size_t kMostSums = 1000;

private:
    using Labels = std::tuple<std::string, std::string, std::string>;  // algorithm, task, node

    uint64_t enter(Watched& watched);
    void leave(uint64_t id) noexcept;
    std::vector<Session> sessions_locked() const;

    mutable std::mutex mutex_;
    std::map<uint64_t, Watched*> watched_;
    std::map<Labels, Session> ended_;
    uint64_t last_id_ = 0;
    uint32_t level_ = 0;
    bool level_is_set_ = false;
};

// Adds the counts of `more`, and takes over its last error where that is the later one.
void add(Session& to, const Session& more);

}  // namespace metrics
