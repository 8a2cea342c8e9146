// SPDX-License-Identifier: MIT
//
// The protocol side of one connection: requests become calls of a handler, what the handler emits
// becomes responses. Knows nothing of processes or sockets: it is given a channel.
#pragma once

#include <udf_plugin.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "agent/connection.h"
#include "agent/handler.h"
#include "agent/output.h"
#include "agent/overtime.h"
#include "log/event.h"
#include "metrics/registry.h"
#include "wire/channel.h"
#include "wire/control.h"
#include "wire/decode.h"

namespace agent {

struct Settings {
    guard::Policy guard = {};
    Overtime::Limits limits = {};
    size_t frame_limit = wire::kFrameLimit;  // bytes, at most wire::kMostFrameLimit
    bool supervised = false;                 // by a supervisor of ours: see wire/supervised.h
    // Where it counts what it does, for whoever watches; null = in memory of its own.
    std::shared_ptr<metrics::Activity> activity = nullptr;
};

// The algorithm that a task wants, where that is known only from its Init.
struct Choice {
    std::shared_ptr<const udf_algorithm> algorithm;  // checked, as any; with what it needs to be kept
    std::string plugin;                              // its name in messages
    wire::pb::InitRequest request;                   // the task's, as it would be for the algorithm itself
};

// A function that chooses among algorithms.
struct Chooser {
    const udf_algorithm& declared;  // what Info is answered with; outlives the agent
    // Called once, on the handler's thread and without a lock; may load a plugin. What it throws is the answer to Init.
    std::function<Choice(const wire::pb::InitRequest&)> choose;
};

class Agent final : public metrics::Watched {
public:
    // `algorithm` has been checked (plugin/table.h) and outlives the agent. `plugin` is its name in messages.
    // `abandon` is what to do where a call into the plugin does not return and nobody must wait for it: see
    // Overtime. It must end the process, or see to it that the agent and its channel outlive the call.
    Agent(
        const udf_algorithm& algorithm, std::string plugin, wire::Channel& channel, const Settings& settings = {},
        std::function<void()> abandon = [] {});
    Agent(
        const Chooser& chooser, wire::Channel& channel, const Settings& settings = {},
        std::function<void()> abandon = [] {});
    ~Agent() override;
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

    // Serves the connection to its end, on this thread; call once. True where the input ended and
    // all output was taken. Where it went wrong, the reason has been logged and sent.
    bool serve();

    // Logs what the guard has found so far, where it has found anything. [any]
    void report() noexcept override;
    // How it stands. [any]
    metrics::Session session() const override;
    void set_log_level(uint32_t level) noexcept override;

private:
    struct Refused {};    // Init or Restore was answered with success = false: the end
    struct Abandoned {};  // a call was given up before it returned: all has been said

    bool serve_to_the_end();
    void serve_requests(Connection::Lock& lock);
    bool finish(Connection::Lock& lock);
    void finish_refused();
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
    wire::pb::InitRequest choose(Connection::Lock& lock, const wire::pb::InitRequest& request);
    void answer_init(const std::string& cause, const std::string& stack = {});
    void snapshot(Connection::Lock& lock);
    void restore(Connection::Lock& lock, const std::string& snapshot);
    void reply(const wire::pb::Response& response);

    void make_output();
    void make_overtime();

    // Calls the plugin with the lock released and the input pinned; see agent_calls.h.
    template <class Function>
    void call(Connection::Lock& lock, Overtime::Call what, Function&& function);
    // The same with data: such calls are counted.
    template <class Function>
    void deliver(Connection::Lock& lock, Overtime::Call what, Function&& function);

    // Who this is, at the front of messages to Kapacitor; and for the log.
    std::string who() const;
    logging::Where where() const;
    std::string plugin() const;

    bool collects_batch() const noexcept { return in_batch_ && wants_whole_batches(); }
    bool wants_whole_batches() const noexcept { return algorithm_->batch != nullptr; }

    const std::function<Choice(const wire::pb::InitRequest&)> choose_;  // empty where there is nothing to choose
    std::shared_ptr<const udf_algorithm> chosen_;                       // keeps algorithm_
    const udf_algorithm* algorithm_;  // until a choice has been made, what is declared
    std::string plugin_;              // empty as long
    const Settings settings_;
    bool supervised_;  // by whatever supervisor there is
    const std::function<void()> abandon_;
    Connection connection_;
    const std::chrono::system_clock::time_point since_ = std::chrono::system_clock::now();
    std::atomic<const char*> state_ = "starting";
    mutable std::mutex names_mutex_;  // of what Init may change, for other threads
    std::string task_, node_;

    wire::PointRun run_;
    std::deque<std::string> reencoded_;    // data that came in an unusual form; lives as long as run_
    std::string batch_begin_;              // the encoded BeginBatch that batch_ looks into
    bool in_batch_ = false;                // between BeginBatch and EndBatch
    wire::BatchHeader batch_, batch_end_;  // keep their memory from batch to batch
    std::string last_snapshot_;            // answers for one that fails

    std::optional<Output> output_;      // always there; made anew for an algorithm that was chosen
    std::optional<Overtime> overtime_;  // from Init on
    std::unique_ptr<Handler> handler_;

    bool understood_ = false;                // something has come that was of the protocol
    Overtime::Clock::duration last_call_{};  // how long it took, without the time that output was blocked
    bool calls_take_long_ = false;           // as the last one did: nothing finished may wait for the next
};

}  // namespace agent
