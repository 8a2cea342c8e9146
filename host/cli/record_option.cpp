// SPDX-License-Identifier: MIT
#include "cli/record_option.h"

#include <charconv>
#include <memory>
#include <stdexcept>

#include "log/log.h"
#include "wire/recorder.h"

namespace cli {
namespace {

std::string check_mib(const std::string& text) {
    uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    const bool good = parsed.ec == std::errc() && parsed.ptr == end && number <= uint64_t{1} << 32;
    return good ? std::string() : "'" + text + "' is no whole number of MiB from 0 up";
}

}  // namespace

void add_record(CLI::App& app, RecordOption& record) {
    app.add_option("--record", record.file,
                   "Record what Kapacitor sends and gets, with its times, at the end of this file: a session for each "
                   "connection, from any number of processes. For udf-host dump and udf-host replay")
        ->type_name("FILE");
    app.add_option("--record-limit", record.limit,
                   "The most MiB of that file: then the recording stops, and the task goes on; 0 = as much as there is")
        ->type_name("MIB")
        ->capture_default_str()
        ->check(CLI::Validator(check_mib, ""));
}

bool is_of_record(const std::string& name) { return name == "--record" || name == "--record-limit"; }

void record(const RecordOption& record, wire::FdChannel& channel, const std::string& function) {
    if (record.file.empty()) return;
    try {
        channel.set_tap(std::make_unique<wire::Recorder>(
            wire::Recorder::Settings{.file = record.file, .limit = record.limit << 20, .function = function}));
    } catch (const std::exception& e) {
        logging::error("nothing is recorded, all else goes on", {{"cause", e.what()}});
    }
}

std::unique_ptr<wire::Tap> recorder_in_place_of_kapacitor(const RecordOption& record, const std::string& function) {
    return std::make_unique<wire::Recorder>(wire::Recorder::Settings{.file = record.file,
                                                                     .limit = record.limit << 20,
                                                                     .function = function,
                                                                     .place = wire::Recorder::Place::of_kapacitor});
}

}  // namespace cli
