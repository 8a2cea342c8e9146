// SPDX-License-Identifier: MIT
//
// Responses as they come, held against those of a recorded session, one by one and in their order. Keepalives and
// errors do not count. Two that have the same bytes are not looked into.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "udf.pb.h"
#include "wire/recording.h"

namespace client {

namespace pb = kapacitor::udf;

// Throws wire::ProtocolError where it is none.
pb::Response parse_response(std::string_view body);

// Where they first differ: what one of both does not have has not come.
struct Mismatch {
    bool is_data = false;          // a point, or the begin or end of a batch
    uint64_t messages_before = 0;  // recorded ones, data or else answers
    uint64_t points_before = 0;
    std::chrono::nanoseconds time{};  // of the recorded one, or of the last
    std::optional<pb::Response> recorded, now;
    std::optional<pb::BeginBatch> recorded_batch, batch_now;  // that they are in
};

class Comparison {
public:
    enum class Of : uint8_t { data, answers };

    // The recording outlives it.
    Comparison(const wire::Recording& recording, const wire::Recording::Session& session, Of of);

    // The next response. Throws wire::ProtocolError where it is none.
    void take(std::string_view body);
    // No more will come: what is left of the recorded ones is missing.
    void end();

    uint64_t compared() const noexcept { return compared_; }
    uint64_t differing() const noexcept { return differing_; }
    const std::optional<Mismatch>& first() const noexcept { return first_; }
    uint64_t points() const noexcept { return points_; }  // that have come

private:
    std::optional<wire::RecordedFrames::Frame> next_recorded();
    void differs(std::optional<pb::Response> recorded, std::optional<pb::Response> now);

    const Of of_;
    const bool more_may_come_;  // than is recorded
    wire::RecordedFrames frames_;
    uint64_t compared_ = 0, differing_ = 0, points_ = 0;
    std::chrono::nanoseconds time_{};
    std::optional<pb::BeginBatch> recorded_batch_, batch_now_;
    std::optional<Mismatch> first_;
};

// Why the function did not go on to the end when it was recorded; empty where it did.
std::string recorded_failure(const wire::Recording& recording, const wire::Recording::Session& session);

}  // namespace client
