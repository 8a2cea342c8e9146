// SPDX-License-Identifier: MIT
#include "client/replay_report.h"

#include <fmt/format.h>

#include <deque>
#include <optional>
#include <vector>

#include "client/difference.h"
#include "client/message_text.h"
#include "wire/decode.h"

namespace client {
namespace {

using wire::RecordedFrames;

constexpr size_t kInputs = 5;

std::string with_commas(uint64_t number) {
    std::string text = fmt::format("{}", number);
    for (size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
    return text;
}

std::string counted(uint64_t number, const char* what) {
    return fmt::format("{} {}{}", with_commas(number), what, number == 1 ? "" : "s");
}

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

std::string place_of(const Mismatch& m) {
    const pb::Response& shown = m.recorded ? *m.recorded : *m.now;
    const std::string what = shown.has_point() ? "point " + with_commas(m.points_before + 1)
                             : m.is_data       ? "message " + with_commas(m.messages_before + 1)
                                               : "answer " + with_commas(m.messages_before + 1);
    return fmt::format("{}, {:.3f} s after the start", what, seconds(m.time));
}

std::string side(char sign, const std::optional<pb::Response>& response, const std::optional<pb::BeginBatch>& batch) {
    if (!response) return "";
    const std::string text =
        response->has_point() ? line_of(response->point(), batch ? &*batch : nullptr) : client::text_of(*response);
    return fmt::format("{} {}\n", sign, text);
}

struct Inputs {
    std::deque<std::string> last;
    uint64_t count = 0;
};

// What had gone in, as far as the recording knows, when the response was there.
Inputs inputs_before(const Mismatch& m, const wire::Recording& recording, const wire::Recording::Session& session) {
    const pb::Response& shown = m.recorded ? *m.recorded : *m.now;
    RecordedFrames frames(recording, session);
    Inputs inputs;
    std::optional<pb::BeginBatch> batch;
    uint64_t responses = 0;
    while (const auto frame = frames.next()) {
        const wire::Kind kind = wire::open_message(frame->body).kind;
        if (frame->direction == RecordedFrames::Direction::out) {
            if (kind >= wire::Kind::begin && ++responses > m.messages_before && m.recorded) break;
            continue;
        }
        pb::Request request;
        if (kind < wire::Kind::begin ||
            !request.ParseFromArray(frame->body.data(), static_cast<int>(frame->body.size())))
            continue;
        if (request.has_begin()) batch = request.begin();
        if (request.has_end()) batch.reset();
        if (!request.has_point()) continue;
        const pb::Point& point = request.point();
        if (shown.has_point() && (point.group() != shown.point().group() || point.time() > shown.point().time()))
            continue;
        ++inputs.count;
        inputs.last.push_back(line_of(point, batch ? &*batch : nullptr));
        if (inputs.last.size() > kInputs) inputs.last.pop_front();
    }
    return inputs;
}

}  // namespace

std::string result_of(const Replayed& r, const std::string& recorded_failure) {
    const std::string out = counted(r.points_out, "point") + " out";
    std::string differences;
    if (r.first)
        differences = fmt::format("{} of {} differ{}, first {}", counted(r.differing, "response"),
                                  with_commas(r.compared), r.differing == 1 ? "s" : "", place_of(*r.first));
    if (!r.failure.empty()) {
        const std::string then = recorded_failure.empty()        ? "; when it was recorded it did not"
                                 : recorded_failure == r.failure ? "; as when it was recorded"
                                                                 : "; when it was recorded: " + recorded_failure;
        return fmt::format("failed: {} ({} in, {}{}{}){}", r.failure, counted(r.points_in, "point"), out,
                           differences.empty() ? "" : "; ", differences, then);
    }
    if (r.first) return fmt::format("different: {}", differences);
    const std::string then = recorded_failure.empty() ? "" : "; when it was recorded: " + recorded_failure;
    return fmt::format("same: {}, in {:.1f} s{}", out, r.took.count(), then);
}

std::string describe(const Mismatch& m, const wire::Recording& recording, const wire::Recording::Session& session) {
    std::string text = fmt::format("--- recorded: {}\n+++ now{}\n", m.recorded ? place_of(m) : "nothing more",
                                   m.now ? "" : ": nothing more");
    text += side('-', m.recorded, m.recorded_batch);
    text += side('+', m.now, m.batch_now);
    if (m.recorded && m.now)
        for (const std::string& line : differences(*m.recorded, *m.now)) text += fmt::format("  {}\n", line);
    if (!m.is_data) return text;
    const Inputs inputs = inputs_before(m, recording, session);
    const bool of_group = (m.recorded ? *m.recorded : *m.now).has_point();
    text += fmt::format("the last of {} in before it{}:\n", counted(inputs.count, "point"),
                        of_group ? ", of its group and not later" : "");
    for (const std::string& line : inputs.last) text += fmt::format("  {}\n", line);
    return text;
}

}  // namespace client
