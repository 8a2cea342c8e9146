// SPDX-License-Identifier: MIT
#include "agent/handler.h"

#include <fmt/format.h>

#include <utility>

#include "log/log.h"
#include "text/utf8.h"

namespace agent {
namespace {

udf_str to_str(std::string_view s) { return {s.data(), s.size()}; }

uint32_t plugin_log_level() {
    switch (logging::level()) {
        case logging::Level::debug:
            return UDF_LOG_DEBUG;
        case logging::Level::info:
            return UDF_LOG_INFO;
        case logging::Level::warning:
            return UDF_LOG_WARN;
        default:
            return UDF_LOG_ERROR;
    }
}

logging::Level host_log_level(uint32_t level) {
    switch (level) {
        case UDF_LOG_DEBUG:
            return logging::Level::debug;
        case UDF_LOG_INFO:
            return logging::Level::info;
        case UDF_LOG_WARN:
            return logging::Level::warning;
        default:
            return logging::Level::error;
    }
}

// Collects what a plugin writes of its state.
struct StringSink : udf_sink {
    std::string bytes;
    size_t size = 0, limit = 0;  // what is over the limit is counted, not kept
    bool out_of_memory = false;
};

}  // namespace

Handler::HostSide Handler::make_host_side(Handler& handler, const Names& names) {
    HostSide host{};
    host.struct_size = sizeof(udf_host);
    host.abi_minor = UDF_ABI_MINOR;
    host.version = UDF_HOST_VERSION;
    host.task_id = to_str(names.task);
    host.node_id = to_str(names.node);
    host.log_level = plugin_log_level();
    host.emit_points = [](const udf_host* h, const udf_point* points, size_t count) {
        if (!points && count) return of(h).emitted({UDF_ERROR, "emitted points that are a null pointer"});
        return of(h).emitted(of(h).emitter_.emit_points({points, count}));
    };
    host.emit_batch = [](const udf_host* h, const udf_batch* batch) {
        if (!batch) return of(h).emitted({UDF_ERROR, "emitted a batch that is a null pointer"});
        return of(h).emitted(of(h).emitter_.emit_batch(*batch));
    };
    host.fail = [](const udf_host* h, const char* message, size_t size) { of(h).fail({message, size}); };
    host.log = [](const udf_host* h, uint32_t level, const char* message, size_t size) {
        of(h).emitter_.logs(level, {message, size});
        logging::say(host_log_level(level), of(h).where_, {message, size});
    };
    host.handler = &handler;
    return host;
}

Handler& Handler::of(const udf_host* host) { return *static_cast<const HostSide*>(host)->handler; }

Handler::Handler(const udf_algorithm& algorithm, Names names, std::span<const udf_arg> options, Emitter& emitter)
    : algorithm_(algorithm),
      names_(std::move(names)),
      where_{names_.algorithm, names_.task, names_.node},
      emitter_(emitter),
      host_side_(make_host_side(*this, names_)) {
    void* self = nullptr;
    const int status = algorithm_.create(&host_side_, options.data(), options.size(), &self);
    // It may have been made and have failed since, from a thread of its own.
    if (status == UDF_OK && has_failed_) algorithm_.destroy(self);
    checked(status == UDF_CLOSED ? UDF_ERROR : status, "create");
    self_ = self;
}

Handler::~Handler() { algorithm_.destroy(self_); }

void Handler::points(std::span<const udf_point> points) {
    checked(algorithm_.points(self_, points.data(), points.size()), "points");
}
void Handler::batch(const udf_batch& batch) { checked(algorithm_.batch(self_, &batch), "batch"); }
void Handler::begin_batch(const udf_batch& batch) { checked(algorithm_.begin_batch(self_, &batch), "begin_batch"); }
void Handler::end_batch(const udf_batch& batch) { checked(algorithm_.end_batch(self_, &batch), "end_batch"); }

void Handler::stop() {
    if (algorithm_.stop) checked(algorithm_.stop(self_), "stop");
}

std::string Handler::snapshot(size_t limit) {
    StringSink sink;
    sink.limit = limit;
    sink.write = [](udf_sink* s, const void* data, size_t size) {
        auto& to = *static_cast<StringSink*>(s);
        to.size = size > SIZE_MAX - to.size ? SIZE_MAX : to.size + size;
        if (to.size > to.limit) return;
        try {
            to.bytes.append(static_cast<const char*>(data), size);
        } catch (const std::exception&) {
            to.out_of_memory = true;  // must not cross the plugin
        }
    };
    snapshot_failure_.clear();
    in_snapshot_ = true;
    const int status = algorithm_.snapshot(self_, &sink);
    in_snapshot_ = false;
    if (sink.out_of_memory) throw HandlerFailed("out of memory for the snapshot");
    if (!snapshot_failure_.empty()) throw HandlerFailed(snapshot_failure_);
    checked(status, "snapshot");
    if (sink.size > limit) throw HandlerFailed(fmt::format("it has {} bytes, {} fit", sink.size, limit));
    return std::move(sink.bytes);
}

void Handler::restore(uint32_t state_version, std::string_view state) {
    checked(algorithm_.restore(self_, state_version, state.data(), state.size()), "restore");
}

void Handler::check() const {
    if (!has_failed_) return;
    const std::lock_guard lock(failure_mutex_);
    throw HandlerFailed(failure_.empty() ? "out of memory for the reason" : failure_);
}

void Handler::follow_log_level() noexcept {
    // Threads of the plugin may be looking.
    std::atomic_ref(host_side_.log_level).store(plugin_log_level(), std::memory_order_relaxed);
}

void Handler::fail(std::string_view message) noexcept {
    try {
        constexpr size_t kLongest = 8192;  // bytes: more is no message
        const std::string text =
            message.empty() ? "the plugin gave no reason" : text::replace_bad_utf8(message.substr(0, kLongest));
        if (in_snapshot_ && std::this_thread::get_id() == thread_) {
            snapshot_failure_ = text;
            return;
        }
        const std::lock_guard lock(failure_mutex_);
        if (has_failed_) return;
        failure_ = text;
        has_failed_ = true;
    } catch (const std::exception&) {
        has_failed_ = true;  // without memory for the message it fails all the same
    }
    emitter_.failed();
}

int Handler::emitted(const Emitter::Emitted& result) noexcept {
    if (!result.problem.empty()) fail(result.problem);
    return result.status;
}

// Turns what a call returned into an exception. UDF_CLOSED is no failure: the stream has ended.
void Handler::checked(int status, const char* call) {
    check();
    if (status == UDF_OK || status == UDF_CLOSED) return;
    throw HandlerFailed(fmt::format("{} failed and the plugin gave no reason (it returned {})", call, status));
}

}  // namespace agent
