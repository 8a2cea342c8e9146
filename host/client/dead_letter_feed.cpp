// SPDX-License-Identifier: MIT
#include "client/dead_letter_feed.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "client/drive.h"
#include "text/one_line.h"
#include "text/rfc3339.h"
#include "wire/decode.h"
#include "wire/frame.h"

namespace client {
namespace {

using nlohmann::json;

// In quotes; a group by measurement has a newline in its name.
std::string quoted(const std::string& text) { return json(text).dump(-1, ' ', false, json::error_handler_t::replace); }

struct Frame {
    wire::Kind kind;
    std::string_view bytes;
};

// The first frame of `rest`, which is taken off. Nothing where there is none.
std::optional<Frame> take_frame(std::string_view& rest) {
    const wire::Split split = wire::split_frame(rest, wire::kMostFrameLimit);
    if (split.status != wire::Split::whole) return std::nullopt;
    rest.remove_prefix(split.frame.size());
    return Frame{wire::open_message(split.body).kind, split.frame};
}

}  // namespace

std::string describe(const wire::DeadLetter& letter) {
    return fmt::format("{} {} in task {}, node {}, group {}: {} ({} death{})", text::rfc3339(letter.time),
                       text::on_one_line(letter.function), quoted(letter.task), quoted(letter.node),
                       quoted(letter.group), text::on_one_line(letter.cause), letter.deaths,
                       letter.deaths == 1 ? "" : "s");
}

pb::EdgeType edge_of(const wire::DeadLetter& letter) {
    std::string_view rest = letter.frames;
    std::optional<Frame> frame = take_frame(rest);
    const bool is_batch = frame && frame->kind == wire::Kind::begin;
    if (is_batch) {
        do frame = take_frame(rest);
        while (frame && frame->kind == wire::Kind::point);
    }
    if (!frame || frame->kind != (is_batch ? wire::Kind::end : wire::Kind::point) || !rest.empty())
        throw std::runtime_error(
            fmt::format("the frames of a dead letter are neither a point nor a batch: {}", describe(letter)));
    return is_batch ? pb::BATCH : pb::STREAM;
}

void feed(const wire::DeadLetter& letter, Drive& drive) {
    std::string_view rest = letter.frames;
    while (const std::optional<Frame> frame = take_frame(rest)) drive.send_frame(frame->kind, frame->bytes);
}

}  // namespace client
