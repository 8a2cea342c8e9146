// SPDX-License-Identifier: MIT
#include "agent/output.h"

#include <spdlog/spdlog.h>

#include <new>
#include <utility>

#include "wire/encode.h"

namespace agent {
namespace {

const wire::PointRun kNoRun;

}  // namespace

Output::Output(Connection& connection, const udf_algorithm& algorithm, const wire::PointRun& run,
               std::function<std::string()> who)
    : connection_(connection), algorithm_(algorithm), run_(run), who_(std::move(who)) {}

void Output::open() {
    open_ = true;
    connection_.output().append(held_back_.view());
    held_back_ = {};
}

Emitter::Emitted Output::emit_points(std::span<const udf_point> points) noexcept {
    return emit(UDF_STREAM, [&](wire::Buffer& out, const wire::PointRun& run) {
        while (!points.empty()) {
            const auto [count, problem] =
                wire::append_points(out, points, run, out.size() + (open_ ? Connection::kFlushAt : SIZE_MAX / 2));
            if (problem != wire::Encoded::ok) return problem;
            points = points.subspan(count);
            if (!points.empty() && open_) connection_.appended(false);
        }
        return wire::Encoded::ok;
    });
}

Emitter::Emitted Output::emit_batch(const udf_batch& batch) noexcept {
    return emit(UDF_BATCH,
                [&](wire::Buffer& out, const wire::PointRun& run) { return wire::append_batch(out, batch, run); });
}

template <class Append>
Emitter::Emitted Output::emit(uint32_t edge, Append&& append) noexcept try {
    const bool own_thread = std::this_thread::get_id() == handler_thread_;
    const auto lock = connection_.lock();
    if (connection_.output_closed()) return {UDF_CLOSED};
    if (algorithm_.provides != edge)
        return {UDF_ERROR, edge == UDF_STREAM ? "emitted points, but the algorithm provides batches"
                                              : "emitted a batch, but the algorithm provides a stream"};
    wire::Buffer& out = open_ ? connection_.output() : held_back_;
    const bool was_empty = out.empty();
    const auto problem = append(out, own_thread && in_call_ ? run_ : kNoRun);
    if (problem != wire::Encoded::ok) return {UDF_ERROR, wire::describe(problem)};
    if (!open_) return {UDF_OK};
    // A thread of the plugin cannot count on the handler's thread to flush while that is in a call.
    connection_.appended(!own_thread && in_call_);
    if (!own_thread && !in_call_ && was_empty) connection_.wake();
    return {connection_.output_closed() ? UDF_CLOSED : UDF_OK};
} catch (const std::bad_alloc&) {
    return {UDF_ERROR, "out of memory for the output"};
} catch (const std::exception& e) {
    spdlog::error("{}: {}", who_(), e.what());
    return {UDF_ERROR, "the output failed"};
}

void Output::failed() noexcept { connection_.wake(); }

}  // namespace agent
