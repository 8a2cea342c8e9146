// SPDX-License-Identifier: MIT
//
// What `udf-host --plugin`, `udf-host serve` and `udf-host supervise` have in common: where the protocol is served, its
// limits, the output guard, and supervision.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "cli/metrics_options.h"
#include "cli/record_option.h"
#include "guard/policy.h"
#include "server/socket.h"
#include "supervisor/supervisor.h"
#include "wire/frame.h"

namespace cli {

constexpr const char* kSupervision = "Supervision";  // the group of its options in the help

struct Serving {
    server::SocketOptions socket;
    std::string socket_mode = "0660";
    double stop_timeout = 10, handler_timeout = 300, drain_timeout = 1;  // seconds
    size_t frame_limit = wire::kFrameLimit >> 20;                        // MiB
    bool defer_load_errors = false;
    guard::Policy guard;
    RecordOption record;
    MetricsOptions metrics;

    size_t journal_limit = 64;  // MiB
    std::string journal_full = "wait";
    double checkpoint_interval = 10;  // seconds
    uint64_t memory_limit = 0;        // MiB; 0 = none
    supervisor::Restarts::Limit restarts;
    std::filesystem::path dead_letter;
};

std::chrono::milliseconds from_seconds(double seconds);
// What is wrong with seconds on the command line; empty where nothing is.
std::string check_seconds(const std::string& text);

// Options of where and how to serve, and those of supervision, as groups of the help.
void add_serving(CLI::App& app, Serving& serving);
void add_supervision(CLI::App& app, Serving& serving);

// Parts of the former: who may use a socket, how connections end, and what an agent keeps to: limits and the guard.
void add_socket_access(CLI::App& app, Serving& serving);
void add_stop_timeout(CLI::App& app, Serving& serving);
void add_limits(CLI::App& app, Serving& serving);

// Whether it is on a socket; throws CLI::ParseError where options do not go together.
bool on_socket(const CLI::App& app);
// Call it once all has been parsed, before serving on a socket.
server::SocketOptions socket_of(const Serving& serving);

// All but what is supervised and how it is started.
supervisor::Settings supervision_of(const Serving& serving);

// Serves on stdin and stdout, with one supervisor, or on the socket, with one for each connection that `settings`
// makes. Throws CLI::RuntimeError where it did not end as it should.
void supervise_stdio(const Serving& serving, const supervisor::Settings& settings);
void supervise_socket(const Serving& serving, const std::function<supervisor::Settings()>& settings);

}  // namespace cli
