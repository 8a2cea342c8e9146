// SPDX-License-Identifier: MIT
//
// One handler on trial: calls an algorithm's functions as the host would, and records what the handler emits, logs and
// says of its failure. Unlike the host's own it lets checks do what Kapacitor seldom does, and sees what the interface
// does not allow. All calls from the thread that makes it.
#pragma once

#include <udf.pb.h>
#include <udf_plugin.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "check/input_memory.h"
#include "check/records.h"

namespace check {

// Options of a task, as Kapacitor sends them.
using Uses = std::vector<kapacitor::udf::Option>;

// A call said that it failed, which is allowed. `message` is empty where it did not say why, which is not.
struct HandlerFailed : std::runtime_error {
    HandlerFailed(std::string call, std::string message);
    std::string call, message;
};

// What the interface forbids. what() goes on after "the plugin": "let an exception cross the interface in points".
struct Violation : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Handler {
public:
    // Throws HandlerFailed where create refuses, and agent::BadOptions where the host would.
    Handler(const udf_algorithm& algorithm, const Uses& options, Memory memory = Memory::plain);
    // Destroys it, if it has not been.
    ~Handler();
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;

    static constexpr size_t kAll = SIZE_MAX;

    // All of the input, with at most so many points a call.
    void feed(const Input& input, size_t run_length = kAll);
    void points(std::span<const Point> points);
    void points(InputMemory& points);
    void batch(const Batch& batch, size_t run_length = kAll);
    void stop();
    std::string snapshot();
    void restore(uint32_t state_version, std::string_view state);
    void destroy();

    // From here on emits are told that the stream has ended, after `more` that are taken.
    void close_after(size_t more);
    // How many emits were told so.
    size_t refused_emits() const noexcept { return refused_emits_; }

    // What has been emitted and not taken yet.
    Emitted take();
    size_t logged_lines() const noexcept { return logged_lines_; }
    // Counts what comes without keeping it.
    void keep_nothing() noexcept { keeps_ = false; }

private:
    struct HostSide : udf_host {
        Handler* handler;
    };
    static Handler& of(const udf_host* host) { return *static_cast<const HostSide*>(host)->handler; }

    void make_host_side();
    template <class Call>
    int guarded(const char* name, Call&& call);
    template <class Call>
    void call(const char* name, Call&& call);
    void checked(int status, const char* call);
    void send_points(InputMemory& memory);
    int emit_points(const udf_point* points, size_t count) noexcept;
    int emit_batch(const udf_batch* batch) noexcept;
    int refuse(const char* why) noexcept;
    bool closed() noexcept;
    void fail(std::string_view message) noexcept;

    const udf_algorithm& algorithm_;
    const Memory memory_;
    HostSide host_side_{};
    void* self_ = nullptr;
    bool alive_ = false;

    std::mutex mutex_;
    Emitted emitted_;
    std::optional<std::string> failure_;
    size_t close_after_ = SIZE_MAX, taken_emits_ = 0;
    std::atomic<size_t> refused_emits_ = 0, logged_lines_ = 0;
    std::atomic<bool> keeps_ = true;
    std::vector<InputMemory> lent_;  // plain memory outlives its call, so that one check alone sees who keeps it
};

}  // namespace check
