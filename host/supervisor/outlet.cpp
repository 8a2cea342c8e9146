// SPDX-License-Identifier: MIT
#include "supervisor/outlet.h"

#include <fmt/format.h>

#include <utility>

#include "wire/control.h"
#include "wire/encode.h"
#include "wire/frame_reader.h"

namespace supervisor {
namespace {

const wire::PointRun kNoRun;

// Calls take(message) for each frame.
template <class Take>
void each_message(std::string_view frames, Take&& take) {
    while (!frames.empty()) {
        const wire::Split frame = wire::split_frame(frames, wire::kMostFrameLimit);
        take(wire::open_message(frame.body));
        frames.remove_prefix(frame.frame.size());
    }
}

}  // namespace

void PlainOutlet::batch(std::string_view frames, uint64_t points) {
    // The number of points is taken at its word by Kapacitor, to ask for memory.
    wire::pb::BeginBatch begin;
    const std::string_view body = wire::open_message(wire::split_frame(frames, wire::kMostFrameLimit).body).body;
    if (!begin.ParseFromArray(body.data(), static_cast<int>(body.size())) || begin.size() < 0 ||
        begin.size() > INT32_MAX)
        throw wire::ProtocolError(fmt::format("a batch that announces {} points", begin.size()));
    metrics::add(sent_.points, points);
    metrics::add(sent_.batches, 1);
    send_(frames);
}

GuardedOutlet::GuardedOutlet(wire::Buffer& out, metrics::FlowCount& sent, std::string function,
                             const guard::Policy& policy, size_t frame_limit, std::function<logging::Where()> where)
    : out_(out), sent_(sent), where_(std::move(where)), frame_limit_(frame_limit), guard_(std::move(function), policy) {
    guard_.learn();
}

void GuardedOutlet::saw_input(std::string_view frames) {
    input_.clear();
    each_message(frames, [this](const wire::Message& message) {
        if (message.kind == wire::Kind::point) input_.add(message.body, 0);
    });
    guard_.saw_input(input_.points());
}

void GuardedOutlet::add(std::string_view body, const wire::BatchHeader* header) {
    if (!(header ? run_.add(body, 0, *header) : run_.add(body, 0)))
        throw wire::ProtocolError("a point that cannot be decoded");
}

void GuardedOutlet::points(std::string_view frames, uint64_t) {
    run_.clear();
    each_message(frames, [this](const wire::Message& message) { add(message.body, nullptr); });
    points_.assign(run_.points().begin(), run_.points().end());
    for (udf_point& point : points_) point.origin = nullptr;
    const auto checked = guard_.check(points_, kNoRun);
    tell_news();
    if (!checked.problem.empty()) throw wire::ProtocolError(checked.problem);
    if (checked.points.data() == points_.data()) {
        metrics::add(sent_.points, points_.size());
        return out_.append(frames);
    }
    for (std::span<const udf_point> left = checked.points; !left.empty();) {
        const auto [count, problem] = wire::append_points(out_, left, kNoRun, SIZE_MAX / 2, frame_limit_);
        metrics::add(sent_.points, count);
        left = left.subspan(count);
        if (problem == wire::Encoded::ok) continue;
        guard_.count(guard::Rule::frame_limit);
        left = left.subspan(1);
    }
}

void GuardedOutlet::batch(std::string_view frames, uint64_t) {
    run_.clear();
    each_message(frames, [this](const wire::Message& message) {
        if (message.kind == wire::Kind::point) return add(message.body, &header_);
        const bool begins = message.kind == wire::Kind::begin;
        if (!(begins ? wire::decode_begin(message.body, header_) : wire::decode_end(message.body, end_)))
            throw wire::ProtocolError("the begin or end of a batch that cannot be decoded");
    });
    points_.assign(run_.points().begin(), run_.points().end());
    for (udf_point& point : points_) point.origin = nullptr;
    // A group in Kapacitor's eyes is what the end of the batch says.
    udf_batch batch = end_.batch;
    batch.by_name = header_.batch.by_name;
    batch.points = points_.data();
    batch.point_count = points_.size();
    const auto checked = guard_.check(batch, kNoRun, nullptr);
    tell_news();
    if (!checked.problem.empty()) throw wire::ProtocolError(checked.problem);
    if (checked.batch == nullptr) return;
    if (wire::append_batch(out_, *checked.batch, kNoRun, frame_limit_) != wire::Encoded::ok)
        return guard_.count(guard::Rule::frame_limit);
    metrics::add(sent_.points, checked.batch->point_count);
    metrics::add(sent_.batches, 1);
}

void GuardedOutlet::tell_news() {
    for (const guard::News& news : guard_.take_news()) guard::tell(where_(), news);
}

}  // namespace supervisor
