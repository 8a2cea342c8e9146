// SPDX-License-Identifier: MIT
//
// What a handler emits becomes responses: encoded on the thread that emits, into the connection's
// output, in whole frames and whole batches.
#pragma once

#include <udf_plugin.h>

#include <functional>
#include <string>
#include <thread>

#include "agent/connection.h"
#include "agent/handler.h"
#include "wire/buffer.h"
#include "wire/decode.h"

namespace agent {

class Output final : public Emitter {
public:
    // `run` is what the handler is given: what it emits may come from there. `who` is at the front of
    // messages. Made on the handler's thread.
    Output(Connection& connection, const udf_algorithm& algorithm, const wire::PointRun& run,
           std::function<std::string()> who);

    Emitted emit_points(std::span<const udf_point> points) noexcept override;
    Emitted emit_batch(const udf_batch& batch) noexcept override;
    void failed() noexcept override;

    // With the connection's lock held.

    // Around each call of the handler: meanwhile the run does not change.
    void call_begins() noexcept { in_call_ = true; }
    void call_ends() noexcept { in_call_ = false; }
    // Init has been answered. What was emitted before was held back until now.
    void open();

private:
    template <class Append>
    Emitted emit(uint32_t edge, Append&& append) noexcept;

    Connection& connection_;
    const udf_algorithm& algorithm_;
    const wire::PointRun& run_;
    const std::function<std::string()> who_;
    const std::thread::id handler_thread_ = std::this_thread::get_id();
    bool in_call_ = false;
    bool open_ = false;
    wire::Buffer held_back_;
};

}  // namespace agent
