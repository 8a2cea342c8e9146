// SPDX-License-Identifier: MIT
//
// What every mode that serves has for those who watch it: the register of its connections, the report that SIGUSR1 asks
// for, the control socket, and metrics. One in a process, for as long as it serves.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/metrics_options.h"
#include "metrics/registry.h"
#include "server/control.h"
#include "server/signal_reaction.h"

namespace cli {

class Watching {
public:
    static constexpr const char* kServe = "serve";

    // Make it before any other thread. `report` logs, before the connections, what else there is to be said of how
    // things stand.
    explicit Watching(std::function<void(size_t connections)> report = log_connections);
    // Once the signals that are to be waited for are blocked, and stdin and stdout are taken. `mode` is for people:
    // "stdio", "socket", "serve".
    void open_control(const std::string& mode);
    // As --metrics and --metrics-to say it. Under the same conditions; throws std::exception where it cannot be done.
    void tell(const MetricsOptions& options) { telling_.emplace(options, registry_); }
    // For the last time: before the process is left at once, without this being destroyed.
    void tell_last() noexcept {
        if (telling_) telling_->finish();
    }

    // The level of the log: one of metrics::kLogLevels. False where it is none. Of this process and its workers; where
    // an algorithm is named and this process serves others too, of the workers of that one. [any]
    bool set_log_level(const std::string& level, const std::string& algorithm = {}) const;

    metrics::Registry& registry() noexcept { return registry_; }

private:
    static void log_connections(size_t connections);
    std::string answer(const std::string& request) const;

    std::string mode_;
    mutable metrics::Registry registry_;
    const server::SignalReaction report_;
    std::optional<server::Control> control_;
    std::optional<Telling> telling_;
};

}  // namespace cli
