// SPDX-License-Identifier: MIT
#include "cli/watching.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "log/log.h"
#include "metrics/activity.h"
#include "metrics/json.h"

namespace cli {

Watching::Watching(std::function<void(size_t)> report)
    : report_(SIGUSR1, [this, report = std::move(report)] {
          report(registry_.size());
          registry_.report();
      }) {}

void Watching::log_connections(size_t connections) {
    logging::info("how things stand", {{"connections", connections}});
}

void Watching::open_control(const std::string& mode) {
    mode_ = mode;
    control_.emplace([this](const std::string& request) { return answer(request); });
}

bool Watching::set_log_level(const std::string& level, const std::string& algorithm) const {
    const auto found = std::find(metrics::kLogLevels.begin(), metrics::kLogLevels.end(), level);
    if (found == metrics::kLogLevels.end()) return false;
    const auto number = static_cast<uint32_t>(found - metrics::kLogLevels.begin());
    if (!algorithm.empty() && mode_ == kServe) {
        registry_.set_log_level(number, algorithm);
        return true;
    }
    logging::set_level(logging::level_named(level).value_or(logging::level()));
    registry_.set_log_level(number);
    return true;
}

// `status`, or `log-level LEVEL [ALGORITHM]`.
std::string Watching::answer(const std::string& request) const {
    nlohmann::ordered_json answer{{"pid", ::getpid()}, {"version", UDF_HOST_VERSION}, {"mode", mode_}};
    std::istringstream words(request);
    std::string command, level, algorithm;
    words >> command >> level >> algorithm;
    if (command == "status") {
        auto& connections = answer["connections"] = nlohmann::ordered_json::array();
        for (const metrics::Session& session : registry_.sessions()) connections.push_back(metrics::to_json(session));
    } else if (command != "log-level" || !set_log_level(level, algorithm)) {
        answer["error"] = "the request is neither status nor log-level debug, info, warning or error";
    }
    return answer.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace cli
