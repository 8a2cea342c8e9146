// SPDX-License-Identifier: MIT
//
// What `udf-host --plugin` and `udf-host supervise` have in common: where the protocol is served, its
// limits, the output guard, and supervision.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "guard/policy.h"
#include "server/socket.h"
#include "supervisor/supervisor.h"
#include "wire/frame.h"

namespace cli {

struct Serving {
    server::SocketOptions socket;
    std::string socket_mode = "0660";
    double stop_timeout = 10, handler_timeout = 300, drain_timeout = 1;  // seconds
    size_t frame_limit = wire::kFrameLimit >> 20;                        // MiB
    bool defer_load_errors = false;
    guard::Policy guard;

    size_t journal_limit = 64;  // MiB
    std::string journal_full = "wait";
    double checkpoint_interval = 10;  // seconds
    uint64_t memory_limit = 0;        // MiB; 0 = none
    supervisor::Restarts::Limit restarts;
    std::filesystem::path dead_letter;
};

std::chrono::milliseconds from_seconds(double seconds);

// Options of where and how to serve, and those of supervision, as groups of the help.
void add_serving(CLI::App& app, Serving& serving);
void add_supervision(CLI::App& app, Serving& serving);

// Whether it is on a socket; throws CLI::ParseError where options do not go together.
bool on_socket(const CLI::App& app);
// Call it once all has been parsed, before serving on a socket.
server::SocketOptions socket_of(const Serving& serving);

// All but what is supervised and how it is started.
supervisor::Settings supervision_of(const Serving& serving);

// Serves on stdin and stdout, with one supervisor, or on the socket, with one for each connection that `settings`
// makes. Throws CLI::RuntimeError where it did not end as it should.
void supervise_stdio(const supervisor::Settings& settings);
void supervise_socket(const Serving& serving, const std::function<supervisor::Settings()>& settings);

}  // namespace cli
