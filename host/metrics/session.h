// SPDX-License-Identifier: MIT
//
// What one connection of Kapacitor's has done and how it stands, as plain values: what `status`, Prometheus and
// Telegraf are told, made at the moment somebody asks. All counts are since the connection began and outlive the
// workers that were its own.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "metrics/histogram.h"

namespace metrics {

// Of data messages as Kapacitor counts them: a batch is its points and one batch.
struct Flow {
    uint64_t points = 0, batches = 0;
    uint64_t bytes = 0;  // of all messages, their length in front included
};

// Why a worker had to be replaced. `error`: it has said itself that it cannot go on; `lost`: it left the connection, or
// cannot be reached; `start`: it did not come to work.
enum class Cause : uint8_t { exit, signal, hang, memory, protocol, lost, start, error };
inline constexpr std::array<const char*, 8> kCauses{"exit",     "signal", "hang",  "memory",
                                                    "protocol", "lost",   "start", "error"};

inline constexpr const char* kEnded = "ended";  // the state of a sum over connections that are no more

struct Checkpoint {
    std::chrono::system_clock::time_point taken;
    uint64_t bytes = 0;
};

struct Session {
    std::string algorithm;   // empty where none has been chosen yet; of a supervised command, its name
    std::string task, node;  // of Kapacitor; empty before its Init
    std::string state;       // "starting", "running", "restarting", "upgrading", "ending", kEnded
    uint64_t id = 0;         // within its process
    int worker = 0;          // its process; 0 where there is none
    std::chrono::system_clock::time_point since;

    Flow in, out;
    Histogram handler;                 // calls of the algorithm; empty where it is not ours
    uint64_t blocked_nanoseconds = 0;  // with output that nobody took
    std::vector<std::pair<std::string, uint64_t>>
        guard;  // what each rule mended, in the order of the rules, all of them

    std::array<uint64_t, kCauses.size()> restarts{};
    uint64_t upgrades = 0;
    std::optional<Checkpoint> checkpoint;  // the last
    uint64_t journal_bytes = 0, journal_frames = 0;
    uint64_t quarantined = 0;  // points and batches that were put aside
    uint64_t dropped = 0;      // for the journal was full

    std::string last_error;  // empty = none yet
    std::chrono::system_clock::time_point last_error_at;
};

}  // namespace metrics
