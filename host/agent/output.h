// SPDX-License-Identifier: MIT
//
// What a handler emits becomes responses: passed through the output guard and encoded on the thread that
// emits, into the connection's output, in whole frames and whole batches.
#pragma once

#include <udf_plugin.h>

#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "agent/connection.h"
#include "agent/handler.h"
#include "guard/guard.h"
#include "log/event.h"
#include "wire/buffer.h"
#include "wire/decode.h"
#include "wire/encode.h"

namespace agent {

class Output final : public Emitter {
public:
    // What the handler is being given: what it emits may come from there.
    struct Input {
        const wire::PointRun& run;
        const wire::BatchHeader& batch;
    };

    // `where` is whom it speaks of in the log.
    Output(Connection& connection, const udf_algorithm& algorithm, const guard::Policy& policy, size_t frame_limit,
           Input input, std::function<logging::Where()> where);

    // The handler's thread. To be called before anything else is.
    void serve_on_this_thread() noexcept { handler_thread_ = std::this_thread::get_id(); }

    Emitted emit_points(std::span<const udf_point> points) noexcept override;
    Emitted emit_batch(const udf_batch& batch) noexcept override;
    void failed() noexcept override;
    void logs(uint32_t level, std::string_view message) noexcept override;

    // With the connection's lock held.

    // Around each call of the handler: meanwhile the input does not change.
    void call_begins() {
        in_call_ = true;
        if (guard_.learns()) guard_.saw_input(input_.run.points());
    }
    void call_ends() noexcept { in_call_ = false; }
    // Init has been answered. What was emitted before was held back until now.
    void open();

    // What the guard has found so far. [any]
    const guard::Counters& counters() const noexcept { return guard_.counters(); }

private:
    using Problem = std::string;  // empty where there is none

    template <class Append>
    Emitted emit(uint32_t edge, Append&& append) noexcept;
    Problem append(wire::Buffer& out, std::span<const udf_point> points, const wire::PointRun& run);
    Problem append(wire::Buffer& out, const udf_batch& batch, const wire::PointRun& run);
    // What the handler fails with because of something that cannot be encoded; nothing where that is left out.
    Problem problem_of(wire::Encoded encoded);
    void tell_news();

    Connection& connection_;
    const udf_algorithm& algorithm_;
    const size_t frame_limit_;
    const Input input_;
    const std::function<logging::Where()> where_;
    std::thread::id handler_thread_;
    guard::Guard guard_;
    bool in_call_ = false;
    bool open_ = false;
    wire::Buffer held_back_;
};

}  // namespace agent
