// SPDX-License-Identifier: MIT
#include "cli/recorded_sessions.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>

#include "client/comparison.h"
#include "client/message_text.h"
#include "log/log.h"
#include "text/rfc3339.h"
#include "wire/decode.h"

namespace cli {

void add_session(CLI::App& command, size_t& session) {
    command.add_option("--session", session, "Only this session of the recording, by its number [all]")
        ->type_name("N")
        ->check(CLI::PositiveNumber.description(""));
}

std::vector<size_t> sessions_meant(const wire::Recording& recording, const std::string& file, size_t session) {
    const size_t count = recording.sessions().size();
    if (session > count)
        throw std::runtime_error(fmt::format("{} has no session {}: it has {}; see udf-host dump --sessions {}", file,
                                             session, count, file));
    if (session != 0) return {session};
    std::vector<size_t> all;
    for (size_t number = 1; number <= count; ++number) all.push_back(number);
    return all;
}

std::string describe_session(const wire::Recording& recording, size_t number) {
    using wire::RecordedFrames;
    const wire::Recording::Session& session = recording.sessions()[number - 1];
    uint64_t points_in = 0, points_out = 0;
    std::string init;
    RecordedFrames frames(recording, session);
    while (const auto frame = frames.next()) {
        const wire::Kind kind = wire::open_message(frame->body).kind;
        const bool in = frame->direction == RecordedFrames::Direction::in;
        if (kind == wire::Kind::point) ++(in ? points_in : points_out);
        client::pb::Request request;
        if (in && kind == wire::Kind::init &&
            request.ParseFromArray(frame->body.data(), static_cast<int>(frame->body.size())))
            init = client::text_of(request);
    }
    std::string text =
        fmt::format("session {}, {}, {}, {:.3f} s: {}; {} points in, {} out", number, text::rfc3339(session.started),
                    session.function, std::chrono::duration<double>(session.length).count(),
                    init.empty() ? "no init" : init, points_in, points_out);
    if (const std::string failure = client::recorded_failure(recording, session); !failure.empty())
        text += "; " + failure;
    if (const std::string left = frames.left_over(); !left.empty()) text += "; " + left;
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    return text;
}

void warn_of_damage(const wire::Recording& recording) {
    for (const std::string& note : recording.notes()) logging::warning(note);
}

}  // namespace cli
