// SPDX-License-Identifier: MIT
//
// One handler of a plugin, from create to destroy, as an object: its calls with the plugin's error
// text, and the udf_host that the plugin sees. All members are for the handler's thread but for
// those marked [any].
#pragma once

#include <udf_plugin.h>

#include <atomic>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "log/event.h"

namespace agent {

// The handler cannot go on; what() is the plugin's own message where it gave one.
struct HandlerFailed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Where a handler's output goes. [any]
class Emitter {
public:
    // A status of udf_plugin.h, and with UDF_ERROR what was wrong.
    struct Emitted {
        int status;
        std::string problem = {};
    };

    virtual ~Emitter() = default;
    virtual Emitted emit_points(std::span<const udf_point> points) noexcept = 0;
    virtual Emitted emit_batch(const udf_batch& batch) noexcept = 0;
    // The handler has failed, outside a call perhaps.
    virtual void failed() noexcept = 0;
    // It is about to log, as UDF_LOG_ERROR or less.
    virtual void logs(uint32_t, std::string_view) noexcept {}
};

class Handler {
public:
    // Whose handler it is, for messages and for the plugin to see.
    struct Names {
        std::string plugin, algorithm, task, node;
    };

    // Makes the handler; the options are valid until this returns. Throws HandlerFailed.
    Handler(const udf_algorithm& algorithm, Names names, std::span<const udf_arg> options, Emitter& emitter);
    ~Handler();
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;

    // Each calls the plugin and throws HandlerFailed where that fails.
    void points(std::span<const udf_point> points);
    void batch(const udf_batch& batch);
    void begin_batch(const udf_batch& batch);
    void end_batch(const udf_batch& batch);
    void stop();

    // The state as the plugin wrote it, at most `limit` bytes. What fails here fails this snapshot, not the handler.
    std::string snapshot(size_t limit);
    void restore(uint32_t state_version, std::string_view state);

    // Throws where the handler has reported a failure from a thread of its own.
    void check() const;
    // Lets the plugin see the level of the log as it is now.
    void follow_log_level() noexcept;

    // Records why; the first message wins. [any]
    void fail(std::string_view message) noexcept;

private:
    // What the plugin gets; finds the way back to the Handler.
    struct HostSide : udf_host {
        Handler* handler;
    };
    static HostSide make_host_side(Handler& handler, const Names& names);
    static Handler& of(const udf_host* host);
    void checked(int status, const char* call);
    int emitted(const Emitter::Emitted& result) noexcept;

    const udf_algorithm& algorithm_;
    const Names names_;
    const logging::Where where_;
    Emitter& emitter_;
    HostSide host_side_;
    void* self_ = nullptr;

    mutable std::mutex failure_mutex_;
    std::string failure_;
    std::atomic<bool> has_failed_ = false;
    const std::thread::id thread_ = std::this_thread::get_id();
    std::atomic<bool> in_snapshot_ = false;
    std::string snapshot_failure_;  // of the handler's thread, no lock
};

}  // namespace agent
