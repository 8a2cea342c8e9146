// SPDX-License-Identifier: MIT
//
// The processes of udf-host that serve on this machine, as they say themselves through their control sockets: of this
// user, or for root of all. Who answers may be somebody else: nothing that he says is more than text and numbers.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "metrics/session.h"

namespace cli {

struct Instance {
    int process = 0;
    std::filesystem::path socket;
    std::string version, mode;  // "stdio", "socket" or "serve"
    std::vector<metrics::Session> connections;
    std::string problem;                       // why nothing is known of it; empty where something is
    std::chrono::steady_clock::time_point at;  // when that was so
};

// By their numbers. Waits no longer than a second.
std::vector<Instance> instances();

// What the answer to `status` says, but for the socket and when it was; throws std::exception where it is none.
Instance instance_of(const std::string& line);

}  // namespace cli
