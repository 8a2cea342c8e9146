// SPDX-License-Identifier: MIT
//
// --record: the connections of a command are recorded (wire/recorder.h), to be looked at with `udf-host dump` and
// repeated with `udf-host replay`.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "wire/channel.h"

namespace cli {

struct RecordOption {
    std::filesystem::path file;  // empty = nothing is recorded
    uint64_t limit = 1024;       // MiB; 0 = any
};

void add_record(CLI::App& app, RecordOption& record);

// Whether an option of that name is one of these.
bool is_of_record(const std::string& name);

// Has the channel recorded, if that is wanted, as one to `function`. Where it cannot be, the log says so.
void record(const RecordOption& record, wire::FdChannel& channel, const std::string& function);

// For a channel to a function. Throws std::runtime_error where the file cannot be written.
std::unique_ptr<wire::Tap> recorder_in_place_of_kapacitor(const RecordOption& record, const std::string& function);

}  // namespace cli
