// SPDX-License-Identifier: MIT
//
// What a plugin file offers, asked in a process of its own: loading a plugin runs its code, and a
// plugin that aborts, hangs, exits or writes to the standard output must not do so to `list` or
// `info`. Call it from a process without other threads: it forks.
#pragma once

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace cli {

// Either all that the tables of a plugin say, or why there is none.
struct Probe {
    // One object an algorithm: name, version, help, wants and provides ("stream" or "batch"),
    // snapshot (bool), options (an array of name, help, types, required and repeatable).
    nlohmann::ordered_json algorithms = nlohmann::ordered_json::array();
    // A whole sentence that names the file; empty where the plugin was loaded.
    std::string problem;
};

// Loads `file` in a child, which is killed at the time limit. Throws std::system_error only where
// there can be no child.
Probe probe(const std::filesystem::path& file, std::chrono::milliseconds limit = std::chrono::seconds(10));

}  // namespace cli
