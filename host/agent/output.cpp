// SPDX-License-Identifier: MIT
#include "agent/output.h"

#include <fmt/format.h>

#include <new>
#include <utility>

#include "agent/log_level.h"
#include "log/log.h"
#include "wire/encode.h"

namespace agent {
namespace {

const wire::PointRun kNoRun;

}  // namespace

Output::Output(Connection& connection, const udf_algorithm& algorithm, const guard::Policy& policy, size_t frame_limit,
               Input input, std::function<logging::Where()> where)
    : connection_(connection),
      algorithm_(algorithm),
      frame_limit_(frame_limit),
      input_(input),
      where_(std::move(where)),
      guard_(algorithm.name, policy, connection.activity().guard.data()) {
    static_assert(guard::kRules <= metrics::Activity::kMostRules);
}

void Output::open() {
    open_ = true;
    connection_.output().append(held_back_.view());
    held_back_ = {};
}

Emitter::Emitted Output::emit_points(std::span<const udf_point> points) noexcept {
    return emit(UDF_STREAM, [&](wire::Buffer& out, const wire::PointRun& run) { return append(out, points, run); });
}

Emitter::Emitted Output::emit_batch(const udf_batch& batch) noexcept {
    return emit(UDF_BATCH, [&](wire::Buffer& out, const wire::PointRun& run) { return append(out, batch, run); });
}

Output::Problem Output::append(wire::Buffer& out, std::span<const udf_point> points, const wire::PointRun& run) {
    auto checked = guard_.check(points, run);
    if (!checked.problem.empty()) return std::move(checked.problem);
    points = checked.points;
    while (!points.empty()) {
        const auto [count, encoded] = wire::append_points(
            out, points, run, out.size() + (open_ ? Connection::kFlushAt : SIZE_MAX / 2), frame_limit_);
        metrics::add(connection_.activity().out.points, count);
        points = points.subspan(count);
        if (encoded != wire::Encoded::ok) {
            if (Problem problem = problem_of(encoded); !problem.empty()) return problem;
            points = points.subspan(1);
        }
        if (!points.empty() && open_) connection_.appended(false);
    }
    return {};
}

Output::Problem Output::append(wire::Buffer& out, const udf_batch& batch, const wire::PointRun& run) {
    auto checked = guard_.check(batch, run, in_call_ && algorithm_.wants == UDF_BATCH ? &input_.batch : nullptr);
    if (!checked.problem.empty()) return std::move(checked.problem);
    if (checked.batch == nullptr) return {};
    const wire::Encoded encoded = wire::append_batch(out, *checked.batch, run, frame_limit_);
    if (encoded != wire::Encoded::ok) return problem_of(encoded);
    metrics::add(connection_.activity().out.points, checked.batch->point_count);
    metrics::add(connection_.activity().out.batches, 1);
    return {};
}

Output::Problem Output::problem_of(wire::Encoded encoded) {
    if (encoded == wire::Encoded::ok) return {};
    if (encoded != wire::Encoded::too_long) return wire::describe(encoded);
    guard_.count(guard::Rule::frame_limit);
    if (guard_.mode(guard::Rule::frame_limit) == guard::Mode::repair) {
        if (guard_.counters().get(guard::Rule::frame_limit) == 1)
            guard::tell(
                where_(),
                {guard::info(guard::Rule::frame_limit), fmt::format("left out {}", wire::describe(encoded)), {}});
        return {};
    }
    return guard_.refusal(guard::Rule::frame_limit, wire::describe(encoded));
}

void Output::tell_news() {
    for (const guard::News& news : guard_.take_news()) guard::tell(where_(), news);
}

template <class Append>
Emitter::Emitted Output::emit(uint32_t edge, Append&& append) noexcept try {
    const bool own_thread = std::this_thread::get_id() == handler_thread_;
    const auto lock = connection_.lock();
    if (connection_.output_closed()) return {UDF_CLOSED};
    if (algorithm_.provides != edge) {
        guard_.count(guard::Rule::edge);
        return {UDF_ERROR, edge == UDF_STREAM ? "emitted points, but the algorithm provides batches"
                                              : "emitted a batch, but the algorithm provides a stream"};
    }
    wire::Buffer& out = open_ ? connection_.output() : held_back_;
    const bool was_empty = out.empty();
    Problem problem = append(out, in_call_ ? input_.run : kNoRun);
    if (guard_.has_news()) tell_news();
    if (!problem.empty()) return {UDF_ERROR, std::move(problem)};
    if (!open_) return {UDF_OK};
    // A thread of the plugin cannot count on the handler's thread to flush while that is in a call.
    connection_.appended(!own_thread && in_call_);
    if (!own_thread && !in_call_ && was_empty) connection_.wake();
    return {connection_.output_closed() ? UDF_CLOSED : UDF_OK};
} catch (const std::bad_alloc&) {
    return {UDF_ERROR, "out of memory for the output"};
} catch (const std::exception& e) {
    logging::error(where_(), "the output failed", {{"cause", e.what()}});
    return {UDF_ERROR, "the output failed"};
}

void Output::failed() noexcept { connection_.wake(); }

void Output::logs(uint32_t level, std::string_view message) noexcept {
    follow_log_level(connection_.activity());
    if (level >= UDF_LOG_ERROR) connection_.activity().last_error.set(message);
}

}  // namespace agent
