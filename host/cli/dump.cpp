// SPDX-License-Identifier: MIT
#include "cli/dump.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cli/recorded_sessions.h"
#include "client/message_json.h"
#include "client/message_text.h"
#include "client/output_file.h"
#include "wire/frame_reader.h"
#include "wire/recording.h"

namespace cli {
namespace {

using Direction = wire::RecordedFrames::Direction;
using Frame = wire::RecordedFrames::Frame;
namespace pb = kapacitor::udf;

constexpr const char* kDumpHelp = R"(
Prints what `--record` has recorded, one session after another; in each, what went in and what came
out, in the order of its times. As line protocol, all but points are comments that say when and
which way; with --in or --out, what is left is what `udf-host run` reads (a point has no group there:
give it --group-by).

As JSON, each line is an object: "session", "direction" (in or out), "seconds" since the session
began, "message": an object whose one member has the name of the message. Times of points are in ns.

Examples:
  udf-host dump --sessions cpu.rec
  udf-host dump cpu.rec | less
  udf-host dump --in --session 2 cpu.rec | udf-host run --plugin mine --group-by host
  udf-host dump --format json cpu.rec | jq -c 'select(.message.init)'
)";

struct DumpOptions {
    std::string file, format = "line";
    size_t session = 0;
    bool in = false, out = false, sessions = false;

    std::optional<Direction> only() const {
        return in == out ? std::nullopt : std::optional(in ? Direction::in : Direction::out);
    }
};

const char* name_of(Direction direction) { return direction == Direction::in ? "in" : "out"; }

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

template <class Message>
Message parsed(const Frame& frame) {
    Message message;
    if (!message.ParseFromArray(frame.body.data(), static_cast<int>(frame.body.size())))
        throw wire::ProtocolError(fmt::format("{} bytes {}, {:.6f} s after the start, are no message",
                                              frame.body.size(), name_of(frame.direction), seconds(frame.time)));
    return message;
}

// One session as line protocol.
class Lines {
public:
    Lines(client::OutputFile& out, bool both_ways) : out_(out), both_ways_(both_ways) {}

    void add(const Frame& frame) {
        if (frame.direction == Direction::in)
            add(frame, parsed<pb::Request>(frame), batch_in_);
        else
            add(frame, parsed<pb::Response>(frame), batch_out_);
    }

private:
    template <class Message>
    void add(const Frame& frame, const Message& message, std::optional<pb::BeginBatch>& batch) {
        if (message.has_begin()) batch = message.begin();
        if (message.has_end()) batch.reset();
        if (!message.has_point()) {
            points_of_.reset();
            comment(frame, client::text_of(message));
            return;
        }
        // Many points may have come at once, and one comment does for them.
        const auto at = std::pair(frame.direction, frame.time);
        if (both_ways_ && std::exchange(points_of_, at) != at) comment(frame, "points");
        out_.buffer() += client::line_of(message.point(), batch ? &*batch : nullptr);
        out_.buffer() += '\n';
    }
    void comment(const Frame& frame, const std::string& text) {
        out_.buffer() += fmt::format("# {:.6f} {}: {}\n", seconds(frame.time), name_of(frame.direction), text);
    }

    client::OutputFile& out_;
    const bool both_ways_;
    std::optional<pb::BeginBatch> batch_in_, batch_out_;
    std::optional<std::pair<Direction, std::chrono::nanoseconds>> points_of_;  // what was printed last
};

std::string json_line(size_t session, const Frame& frame) {
    using Json = nlohmann::ordered_json;
    const Json line = {{"session", session},
                       {"direction", name_of(frame.direction)},
                       {"seconds", seconds(frame.time)},
                       {"message", frame.direction == Direction::in ? client::json_of(parsed<pb::Request>(frame))
                                                                    : client::json_of(parsed<pb::Response>(frame))}};
    return line.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

void print(const wire::Recording& recording, size_t number, const DumpOptions& options, client::OutputFile& out) {
    const bool as_lines = options.format == "line";
    if (as_lines || options.sessions)
        out.buffer() +=
            fmt::format("{}{}\n", as_lines && !options.sessions ? "# " : "", describe_session(recording, number));
    if (options.sessions) return out.room_left();
    Lines lines(out, !options.only());
    wire::RecordedFrames frames(recording, recording.sessions()[number - 1], options.only());
    while (const auto frame = frames.next()) {
        if (as_lines)
            lines.add(*frame);
        else
            out.buffer() += json_line(number, *frame);
        out.room_left();
    }
}

void dump(const DumpOptions& options) {
    const wire::Recording recording(options.file);
    warn_of_damage(recording);
    client::OutputFile out(STDOUT_FILENO, "stdout");
    try {
        for (const size_t number : sessions_meant(recording, options.file, options.session))
            print(recording, number, options, out);
        out.flush();
    } catch (const client::ReaderGone&) {  // it has had enough
    }
}

}  // namespace

void add_dump(CLI::App& app) {
    const auto options = std::make_shared<DumpOptions>();
    CLI::App& command = *app.add_subcommand("dump", "Print what --record has recorded, as line protocol or JSON");
    command.footer(kDumpHelp);
    command.add_option("file", options->file, "The recording")->type_name("FILE")->required();
    add_session(command, options->session);
    command.add_flag("--sessions", options->sessions, "Only a line for each session");
    command.add_flag("--in", options->in, "Only what the function was sent");
    command.add_flag("--out", options->out, "Only what it has answered");
    command.add_option("--format", options->format, "line (line protocol) or json (one object a line)")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"line", "json"}).description(""))
        ->capture_default_str();
    command.callback([options] { dump(*options); });
}

}  // namespace cli
