// SPDX-License-Identifier: MIT
//
// A connection as JSON: what a control socket answers and `udf-host status --json` prints. Durations are in seconds,
// times in RFC 3339, counts since the connection began.
#pragma once

#include <nlohmann/json.hpp>

#include "metrics/session.h"

namespace metrics {

nlohmann::ordered_json to_json(const Session& session);

// What to_json() made of it. Throws std::exception where it has not made that.
Session session_of(const nlohmann::ordered_json& json);

}  // namespace metrics
