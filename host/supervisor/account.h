// SPDX-License-Identifier: MIT
//
// What a supervisor has counted and how it stands, for other threads to see. What Kapacitor gave and got is counted
// here, where nothing comes twice; what only workers know, their handler's time and their guard, is added up over those
// that there have been. The supervisor's thread writes; session() and set_log_level() are for any.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "metrics/activity.h"
#include "metrics/session.h"

namespace supervisor {

class Account {
public:
    enum class State : uint8_t { starting, running, restarting, upgrading, ending };

    // `algorithm`: its name, or what stands for it until a worker knows better; may be empty.
    explicit Account(std::string algorithm) : algorithm_(std::move(algorithm)) {}
    Account(const Account&) = delete;
    Account& operator=(const Account&) = delete;

    metrics::FlowCount in, out;
    metrics::Waiting blocked;
    std::array<metrics::Count, metrics::kCauses.size()> restarts;
    metrics::Count upgrades, quarantined, dropped;
    metrics::Count journal_bytes, journal_frames;
    std::atomic<State> state = State::starting;
    std::atomic<int> worker = 0;
    metrics::LastText last_error;

    void serves(const std::string& task, const std::string& node);
    void took_checkpoint(uint64_t bytes);
    // Its counts are added to ours for as long as it works; may be null. Once the worker is dead they are taken over.
    void worker_begins(const std::shared_ptr<metrics::Activity>& activity);
    void worker_has_ended(const std::shared_ptr<metrics::Activity>& activity) noexcept;

    // `level`: of metrics::kLogLevels, of the workers that there are and those to come. [any]
    void set_log_level(uint32_t level) noexcept;
    // Without the output guard's rules, which a worker counts by number: `guard` has these. [any]
    metrics::Session session(std::array<uint64_t, metrics::Activity::kMostRules>& guard) const;

private:
    struct OfWorkers {
        std::string algorithm, error;
        std::chrono::system_clock::time_point error_at;
        metrics::Histogram calls;
        std::array<uint64_t, metrics::Activity::kMostRules> guard{};

        void add(const metrics::Activity& activity);
    };

    const std::string algorithm_;
    const std::chrono::system_clock::time_point since_ = std::chrono::system_clock::now();
    mutable std::mutex mutex_;
    std::string task_, node_;
    std::optional<metrics::Checkpoint> checkpoint_;
    std::vector<std::shared_ptr<metrics::Activity>> workers_;
    OfWorkers ended_;
    uint32_t wanted_level_ = 0;  // as in Activity
};

}  // namespace supervisor
