// SPDX-License-Identifier: MIT
//
// The protocol side of one connection: requests become calls of a handler, what the handler emits
// becomes responses. Knows nothing of processes or sockets: it is given a channel.
#pragma once

#include <udf_plugin.h>

#include <deque>
#include <memory>
#include <string>
#include <thread>

#include "agent/connection.h"
#include "agent/handler.h"
#include "wire/channel.h"
#include "wire/control.h"
#include "wire/decode.h"

namespace agent {

class Agent final : private Emitter {
public:
    // `algorithm` has been checked (plugin/table.h) and outlives the agent. `plugin` is its name
    // in messages.
    Agent(const udf_algorithm& algorithm, std::string plugin, wire::Channel& channel);
    ~Agent() override;

    // Serves the connection to its end, on this thread; call once. True where the input ended and
    // all output was taken. Where it went wrong, the reason has been logged and sent.
    bool serve();

private:
    struct Refused {};  // Init or Restore was answered with success = false: the end

    void serve_requests(Connection::Lock& lock);
    bool finish(Connection::Lock& lock);
    void finish_refused(Connection::Lock& lock);
    void finish_failed(Connection::Lock& lock, const std::string& cause);

    void handle_data(Connection::Lock& lock, const wire::Split& frame, wire::Message message);
    void add_points(Connection::Lock& lock, const wire::Split& frame, const wire::Message& message);
    void add_point(std::string_view body, size_t prefix);
    void deliver_run(Connection::Lock& lock);
    void begin_batch(Connection::Lock& lock, std::string_view body);
    void end_batch(Connection::Lock& lock, std::string_view body);

    void handle_control(Connection::Lock& lock, const wire::pb::Request& request);
    void info();
    void init(Connection::Lock& lock, const wire::pb::InitRequest& request);
    void snapshot(Connection::Lock& lock);
    void restore(Connection::Lock& lock, const std::string& snapshot);
    void reply(const wire::pb::Response& response);

    // Calls the plugin with the lock released and the input pinned.
    template <class Call>
    void call(Connection::Lock& lock, Call&& call);

    Emitted emit_points(std::span<const udf_point> points) noexcept override;
    Emitted emit_batch(const udf_batch& batch) noexcept override;
    template <class Append>
    Emitted emit(uint32_t edge, Append&& append) noexcept;
    void failed() noexcept override;

    // Who this is, at the front of messages.
    std::string who() const;

    bool collects_batch() const noexcept { return in_batch_ && wants_whole_batches(); }
    bool wants_whole_batches() const noexcept { return algorithm_.batch != nullptr; }

    const udf_algorithm& algorithm_;
    const std::string plugin_;
    Connection connection_;
    std::unique_ptr<Handler> handler_;
    std::string task_, node_;

    wire::PointRun run_;
    std::deque<std::string> reencoded_;    // data that came in an unusual form; lives as long as run_
    std::string batch_begin_;              // the encoded BeginBatch that batch_ looks into
    bool in_batch_ = false;                // between BeginBatch and EndBatch
    wire::BatchHeader batch_, batch_end_;  // keep their memory from batch to batch
    std::string last_snapshot_;            // answers for one that fails

    bool understood_ = false;   // something has come that was of the protocol
    bool initialised_ = false;  // Init has been answered: before that output is held back
    wire::Buffer held_back_;

    // Which thread may use run_ as the source of what it emits: the handler's, in a call.
    std::thread::id handler_thread_;
    bool in_call_ = false;
    bool calls_take_long_ = false;  // as the last one did: nothing finished may wait for the next
};

}  // namespace agent
