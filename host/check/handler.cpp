// SPDX-License-Identifier: MIT
#include "check/handler.h"

#include <cxxabi.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <typeinfo>
#include <utility>

#include "agent/options.h"
#include "wire/check.h"

namespace check {
namespace {

udf_str to_str(std::string_view s) { return {s.data(), s.size()}; }

// The options as a handler gets them, in memory of the kind that its input has.
class Arguments {
public:
    Arguments(const udf_algorithm& algorithm, const Uses& uses, Memory memory)
        : options_(algorithm, request(uses)), region_(bytes(), memory) {
        const auto from = options_.args();
        args_ = {region_.array<udf_arg>(from.size()), from.size()};
        for (size_t i = 0; i < from.size(); ++i) {
            auto* const values = region_.array<udf_value>(from[i].value_count);
            for (uint32_t v = 0; v < from[i].value_count; ++v) {
                values[v] = from[i].values[v];
                if (values[v].type == UDF_STRING)
                    values[v].as.s = region_.text(std::string(values[v].as.s, values[v].size)).data;
            }
            args_[i] = {region_.text(std::string(from[i].name.data, from[i].name.size)), values, from[i].value_count,
                        0};
        }
        region_.lock();
    }

    std::span<const udf_arg> args() const noexcept { return args_; }

private:
    static kapacitor::udf::InitRequest request(const Uses& uses) {
        kapacitor::udf::InitRequest request;
        for (const auto& use : uses) *request.add_options() = use;
        return request;
    }
    size_t bytes() const {
        size_t bytes = 64;
        for (const udf_arg& arg : options_.args()) {
            bytes += sizeof arg + arg.name.size + arg.value_count * sizeof(udf_value) + 16;
            for (uint32_t v = 0; v < arg.value_count; ++v)
                if (arg.values[v].type == UDF_STRING) bytes += arg.values[v].size;
        }
        return bytes;
    }

    const agent::Options options_;
    Region region_;
    std::span<udf_arg> args_;
};

// What is being thrown, for people.
std::string current_exception_text() {
    const std::type_info* const type = abi::__cxa_current_exception_type();
    if (type == nullptr) return "one that is not C++'s";
    int status = 0;
    char* const name = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
    std::string text = status == 0 ? name : type->name();
    std::free(name);
    try {
        throw;
    } catch (const std::exception& e) {
        text += fmt::format(": {}", e.what());
    } catch (...) {
        // its type is all that is known
    }
    return text;
}

const char* describe(wire::Encoded problem) {
    switch (problem) {
        case wire::Encoded::null_pointer:
            return "a count or a size without the array that it is of";
        case wire::Encoded::bad_type:
            return "a field of a type that fields do not have";
        default:
            return "a size or a count that no message of Kapacitor's could hold";
    }
}

wire::Encoded problem_of(const udf_point& p) {
    const wire::Encoded head = wire::check_head(p);
    return head != wire::Encoded::ok ? head : wire::check_fields(p);
}

}  // namespace

HandlerFailed::HandlerFailed(std::string call, std::string message)
    : std::runtime_error(message.empty() ? fmt::format("{} returned an error without a message", call)
                                         : fmt::format("{} failed: {}", call, message)),
      call(std::move(call)),
      message(std::move(message)) {}

void Handler::make_host_side() {
    host_side_.handler = this;
    host_side_.struct_size = sizeof(udf_host);
    host_side_.abi_minor = UDF_ABI_MINOR;
    host_side_.version = UDF_HOST_VERSION;
    host_side_.task_id = to_str("check");
    host_side_.node_id = to_str(algorithm_.name);
    host_side_.log_level = UDF_LOG_INFO;
    host_side_.emit_points = [](const udf_host* h, const udf_point* points, size_t count) {
        return of(h).emit_points(points, count);
    };
    host_side_.emit_batch = [](const udf_host* h, const udf_batch* batch) { return of(h).emit_batch(batch); };
    host_side_.fail = [](const udf_host* h, const char* message, size_t size) { of(h).fail({message, size}); };
    host_side_.log = [](const udf_host* h, uint32_t level, const char*, size_t) {
        if (level >= UDF_LOG_INFO) ++of(h).logged_lines_;
    };
}

Handler::Handler(const udf_algorithm& algorithm, const Uses& options, Memory memory)
    : algorithm_(algorithm), memory_(memory) {
    make_host_side();
    const Arguments arguments(algorithm, options, memory);
    const auto args = arguments.args();
    const int status =
        guarded("create", [&] { return algorithm_.create(&host_side_, args.data(), args.size(), &self_); });
    alive_ = status == UDF_OK;
    try {
        checked(status, "create");
    } catch (...) {
        if (alive_) destroy();
        throw;
    }
}

Handler::~Handler() {
    try {
        destroy();
    } catch (const Violation&) {
        // the lifecycle check destroys handlers itself, and hears of it
    }
}

// Returns what the call returned. `name` is the function of the table.
template <class Call>
int Handler::guarded(const char* name, Call&& call) {
    int status = UDF_OK;
    try {
        status = call();
    } catch (...) {
        throw Violation(
            fmt::format("let an exception leave {} and cross the interface ({})", name, current_exception_text()));
    }
    if (status != UDF_OK && status != UDF_ERROR && status != UDF_CLOSED)
        throw Violation(fmt::format("returned {} from {}, which is no status", status, name));
    return status;
}

template <class Call>
void Handler::call(const char* name, Call&& call) {
    checked(guarded(name, call), name);
}

void Handler::checked(int status, const char* call) {
    const std::lock_guard lock(mutex_);
    if (failure_) throw HandlerFailed(call, *failure_);
    if (status == UDF_ERROR) throw HandlerFailed(call, "");
    if (status == UDF_CLOSED && refused_emits_ == 0)
        throw Violation(fmt::format("said in {} that the stream has ended, which it had not", call));
}

void Handler::send_points(InputMemory& memory) {
    const auto points = memory.points();
    memory.region().lock();
    call("points", [&] { return algorithm_.points(self_, points.data(), points.size()); });
    memory.region().retire();
}

void Handler::points(InputMemory& points) { send_points(points); }

void Handler::points(std::span<const Point> points) {
    InputMemory memory(points, memory_);
    send_points(memory);
    if (memory_ == Memory::plain) lent_.push_back(std::move(memory));
}

void Handler::batch(const Batch& batch, size_t run_length) {
    if (algorithm_.batch != nullptr) {
        InputMemory memory(batch, batch.points, memory_);
        memory.region().lock();
        call("batch", [&] { return algorithm_.batch(self_, memory.batch()); });
        memory.region().retire();
        if (memory_ == Memory::plain) lent_.push_back(std::move(memory));
        return;
    }
    const auto header = [&](const char* name, auto* function, int64_t tmax, uint64_t hint) {
        InputMemory memory(batch, {}, memory_);
        auto* const shown = const_cast<udf_batch*>(memory.batch());
        shown->points = nullptr;
        shown->point_count = hint;
        shown->tmax = tmax;
        memory.region().lock();
        call(name, [&] { return function(self_, shown); });
        memory.region().retire();
        if (memory_ == Memory::plain) lent_.push_back(std::move(memory));
    };
    if (algorithm_.begin_batch != nullptr) header("begin_batch", algorithm_.begin_batch, 0, batch.points.size());
    const std::span<const Point> all = batch.points;
    for (size_t at = 0; at < all.size(); at += std::min(run_length, all.size() - at))
        points(all.subspan(at, std::min(run_length, all.size() - at)));
    header("end_batch", algorithm_.end_batch, batch.tmax, 0);
}

void Handler::feed(const Input& input, size_t run_length) {
    const std::span<const Point> all = input.points;
    for (size_t at = 0; at < all.size(); at += std::min(run_length, all.size() - at))
        points(all.subspan(at, std::min(run_length, all.size() - at)));
    for (const Batch& each : input.batches) batch(each, run_length);
}

void Handler::stop() {
    if (algorithm_.stop != nullptr) call("stop", [&] { return algorithm_.stop(self_); });
}

std::string Handler::snapshot() {
    struct Sink : udf_sink {
        std::string bytes;
    } sink;
    sink.write = [](udf_sink* s, const void* data, size_t size) {
        static_cast<Sink*>(s)->bytes.append(static_cast<const char*>(data), size);
    };
    call("snapshot", [&] { return algorithm_.snapshot(self_, &sink); });
    return std::move(sink.bytes);
}

void Handler::restore(uint32_t state_version, std::string_view state) {
    Region region(state.size() + 1, memory_);
    const udf_str bytes = region.text(std::string(state));
    region.lock();
    call("restore", [&] { return algorithm_.restore(self_, state_version, bytes.data, bytes.size); });
}

void Handler::destroy() {
    if (!std::exchange(alive_, false)) return;
    guarded("destroy", [&] {
        algorithm_.destroy(self_);
        return UDF_OK;
    });
    lent_.clear();
}

void Handler::close_after(size_t more) {
    const std::lock_guard lock(mutex_);
    close_after_ = taken_emits_ + more;
}

Emitted Handler::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(emitted_, {});
}

// With the lock held.
bool Handler::closed() noexcept {
    if (taken_emits_++ < close_after_) return false;
    ++refused_emits_;
    return true;
}

int Handler::refuse(const char* why) noexcept {
    fail(why);
    return UDF_ERROR;
}

int Handler::emit_points(const udf_point* points, size_t count) noexcept {
    if (algorithm_.provides != UDF_STREAM) return refuse("it emitted points, but it provides batches");
    if (points == nullptr && count != 0) return refuse("it emitted points that are a null pointer");
    for (size_t i = 0; i < count; ++i)
        if (const wire::Encoded problem = problem_of(points[i]); problem != wire::Encoded::ok)
            return refuse(fmt::format("it emitted a point with {}", describe(problem)).c_str());
    const std::lock_guard lock(mutex_);
    if (closed()) return UDF_CLOSED;
    if (failure_) return UDF_ERROR;
    if (keeps_)
        for (size_t i = 0; i < count; ++i) emitted_.points.push_back(copy(points[i]));
    return UDF_OK;
}

int Handler::emit_batch(const udf_batch* batch) noexcept {
    if (algorithm_.provides != UDF_BATCH) return refuse("it emitted a batch, but it provides a stream");
    if (batch == nullptr) return refuse("it emitted a batch that is a null pointer");
    if (wire::missing(batch->points, batch->point_count) ||
        wire::check_strings(batch->name, batch->group) != wire::Encoded::ok ||
        wire::check_tags(batch->tags, batch->tag_count) != wire::Encoded::ok)
        return refuse("it emitted a batch with a count or a size without the array that it is of");
    for (uint64_t i = 0; i < batch->point_count; ++i)
        if (const wire::Encoded problem = problem_of(batch->points[i]); problem != wire::Encoded::ok)
            return refuse(fmt::format("it emitted a batch that has a point with {}", describe(problem)).c_str());
    const std::lock_guard lock(mutex_);
    if (closed()) return UDF_CLOSED;
    if (failure_) return UDF_ERROR;
    if (keeps_) emitted_.batches.push_back(copy(*batch));
    return UDF_OK;
}

void Handler::fail(std::string_view message) noexcept {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = message.empty() ? std::string("no reason given") : std::string(message);
}

}  // namespace check
