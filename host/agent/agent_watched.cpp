// SPDX-License-Identifier: MIT
//
// Agent: what others are told of it.
#include <fmt/format.h>

#include "agent/agent.h"
#include "guard/rules.h"
#include "log/log.h"

namespace agent {

void Agent::report() noexcept try {
    std::string found;
    {
        const std::lock_guard lock(names_mutex_);
        found = output_->counters().text();
    }
    if (!found.empty()) logging::info(where(), "what the guard has mended", {{"rules", found}});
} catch (const std::exception& e) {
    logging::error(e.what());
}

std::string Agent::who() const {
    const std::lock_guard lock(names_mutex_);
    std::string text = algorithm_->name;
    if (!plugin_.empty()) text += fmt::format(" (plugin {})", plugin_);
    if (!task_.empty()) text += fmt::format(", task {}, node {}", task_, node_);
    return text;
}

logging::Where Agent::where() const {
    const std::lock_guard lock(names_mutex_);
    return {.algorithm = plugin_.empty() ? "" : algorithm_->name, .task = task_, .node = node_};
}

std::string Agent::plugin() const {
    const std::lock_guard lock(names_mutex_);
    return plugin_;
}

metrics::Session Agent::session() const {
    const metrics::Activity& activity = connection_.activity();
    metrics::Session session;
    session.algorithm = activity.algorithm.get();
    {
        const std::lock_guard lock(names_mutex_);
        session.task = task_;
        session.node = node_;
    }
    session.state = state_;
    session.since = since_;
    session.in = activity.in.get();
    session.out = activity.out.get();
    session.handler = activity.calls();
    session.blocked_nanoseconds = activity.blocked.get();
    for (const guard::RuleInfo& rule : guard::rules())
        session.guard.emplace_back(rule.name,
                                   activity.guard[static_cast<size_t>(rule.rule)].load(std::memory_order_relaxed));
    session.last_error = activity.last_error.get();
    session.last_error_at = activity.last_error.at();
    return session;
}

void Agent::set_log_level(uint32_t level) noexcept {
    connection_.activity().wanted_level.store(level + 1, std::memory_order_relaxed);
}

}  // namespace agent
