// SPDX-License-Identifier: MIT
#include "client/comparison.h"

#include <utility>

#include "client/difference.h"
#include "wire/decode.h"
#include "wire/frame_reader.h"

namespace client {
namespace {

using wire::Kind;
using wire::RecordedFrames;

// As the wire has it nearly always; by the generated code where it is in an unusual form.
Kind kind_of(std::string_view body) {
    const Kind kind = wire::open_message(body).kind;
    if (kind != Kind::none) return kind;
    pb::Response response;
    response.ParseFromArray(body.data(), static_cast<int>(body.size()));
    return response.has_point()   ? Kind::point
           : response.has_begin() ? Kind::begin
           : response.has_end()   ? Kind::end
                                  : kind;
}

bool is_answer(std::string_view body) {
    const pb::Response response = parse_response(body);
    return !response.has_keepalive() && !response.has_error();
}

// The batch that the next message is in.
void step_into(std::optional<pb::BeginBatch>& batch, Kind kind, std::string_view body) {
    if (kind == Kind::begin) batch = parse_response(body).begin();
    if (kind == Kind::end) batch.reset();
}

}  // namespace

pb::Response parse_response(std::string_view body) {
    pb::Response response;
    if (!response.ParseFromArray(body.data(), static_cast<int>(body.size())))
        throw wire::ProtocolError("a frame is no response: it cannot be parsed");
    return response;
}

Comparison::Comparison(const wire::Recording& recording, const wire::Recording::Session& session, Of of)
    : of_(of),
      more_may_come_(!session.is_whole() || !recorded_failure(recording, session).empty()),
      frames_(recording, session, RecordedFrames::Direction::out) {}

std::optional<RecordedFrames::Frame> Comparison::next_recorded() {
    while (const auto frame = frames_.next()) {
        const bool is_data = kind_of(frame->body) >= Kind::begin;
        if (is_data != (of_ == Of::data) || (!is_data && !is_answer(frame->body))) continue;
        time_ = frame->time;
        return frame;
    }
    return std::nullopt;
}

void Comparison::take(std::string_view body) {
    const Kind kind = kind_of(body);
    const auto recorded = next_recorded();
    if (!recorded && more_may_come_) {
        if (kind == Kind::point) ++points_;
        return;
    }
    if (!recorded) {
        differs(std::nullopt, parse_response(body));
    } else if (recorded->body != body) {
        pb::Response then = parse_response(recorded->body), now = parse_response(body);
        if (!differences(then, now).empty()) differs(std::move(then), std::move(now));
    }
    if (kind == Kind::point) ++points_;
    if (recorded) step_into(recorded_batch_, kind_of(recorded->body), recorded->body);
    step_into(batch_now_, kind, body);
    ++compared_;
}

void Comparison::end() {
    while (const auto recorded = next_recorded()) {
        differs(parse_response(recorded->body), std::nullopt);
        ++compared_;
    }
}

void Comparison::differs(std::optional<pb::Response> recorded, std::optional<pb::Response> now) {
    if (differing_++ != 0) return;
    first_ = {.is_data = of_ == Of::data,
              .messages_before = compared_,
              .points_before = points_,
              .time = time_,
              .recorded = std::move(recorded),
              .now = std::move(now),
              .recorded_batch = recorded_batch_,
              .batch_now = batch_now_};
}

std::string recorded_failure(const wire::Recording& recording, const wire::Recording::Session& session) {
    RecordedFrames frames(recording, session, RecordedFrames::Direction::out);
    while (const auto frame = frames.next()) {
        if (wire::open_message(frame->body).kind >= Kind::begin) continue;
        const pb::Response response = parse_response(frame->body);
        if (response.has_error()) return response.error().error();
        if (response.has_init() && !response.init().success()) return response.init().error();
        if (response.has_restore() && !response.restore().success()) return response.restore().error();
    }
    return session.ended ? "" : "the recording has no end: whoever made it crashed, stopped it or goes on";
}

}  // namespace client
