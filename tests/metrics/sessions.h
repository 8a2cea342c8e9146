// SPDX-License-Identifier: MIT
//
// Sessions to tell of.
#pragma once

#include <string>
#include <utility>

#include "metrics/session.h"

inline metrics::Session session_of(std::string algorithm, std::string task, std::string node, uint64_t points = 1) {
    metrics::Session session;
    session.algorithm = std::move(algorithm);
    session.task = std::move(task);
    session.node = std::move(node);
    session.state = "running";
    session.in.points = points;
    return session;
}

inline metrics::Session ended(metrics::Session session) {
    session.state = metrics::kEnded;
    return session;
}
