// SPDX-License-Identifier: MIT
#include "agent/agent.h"

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "agent/envelope.h"
#include "agent/options.h"
#include "agent/thread_stack.h"
#include "wire/supervised.h"

namespace agent {
namespace {

using std::chrono::milliseconds;
using wire::Kind;
using wire::ProtocolError;

// How many points go into one call: enough to make the call free, few enough for their decoded
// form to stay in a core's own cache.
constexpr size_t kRunLimit = 256;

constexpr size_t kAroundSnapshot = 4096;  // bytes: as much of a frame is not for the state

constexpr milliseconds kRefusedLinger{1000};   // for the other side to read why and hang up
constexpr milliseconds kFailedLinger{60'000};  // the same, while data may still be on its way to us

}  // namespace

Agent::Agent(const udf_algorithm& algorithm, std::string plugin, wire::Channel& channel, const Settings& settings,
             std::function<void()> abandon)
    : Agent({algorithm, {}}, channel, settings, std::move(abandon)) {
    plugin_ = std::move(plugin);
}

Agent::Agent(const Chooser& chooser, wire::Channel& channel, const Settings& settings, std::function<void()> abandon)
    : choose_(chooser.choose),
      algorithm_(&chooser.declared),
      settings_(settings),
      supervised_(settings.supervised),
      abandon_(std::move(abandon)),
      connection_(channel, {.drain = settings_.limits.drain, .stall = settings_.limits.stall}, settings_.frame_limit) {
    make_output();
    connection_.on_blocked([this](std::chrono::seconds time) {
        spdlog::warn("{}: the output has been blocked for {} s: what comes after it in the task is slow, or hangs",
                     who(), time.count());
    });
}

Agent::~Agent() = default;

void Agent::make_output() {
    output_.emplace(connection_, *algorithm_, settings_.guard, settings_.frame_limit, Output::Input{run_, batch_},
                    [this] { return who(); });
}

void Agent::make_overtime() {
    overtime_.emplace(
        connection_, settings_.limits, [this] { return who(); }, abandon_);
}

bool Agent::serve() {
    output_->serve_on_this_thread();
    const bool clean = serve_to_the_end();
    report();
    return clean;
}

bool Agent::serve_to_the_end() {
    auto lock = connection_.lock();
    bool clean = false;
    try {
        serve_requests(lock);
        clean = finish(lock);
    } catch (const Refused&) {
        finish_refused(lock);
    } catch (const Abandoned&) {
        lock.unlock();
        handler_.reset();  // it did return: nobody waits for it any more
        return false;
    } catch (const ProtocolError& e) {
        finish_failed(lock, understood_ ? e.what()
                                        : fmt::format("{}; this is not Kapacitor's protocol (to try an algorithm on "
                                                      "line protocol: udf-host run)",
                                                      e.what()));
    } catch (const std::exception& e) {
        finish_failed(lock, e.what());
    } catch (...) {
        finish_failed(lock, "the plugin let an exception that is none of the standard library's cross the interface");
    }
    connection_.close_output();
    connection_.end();
    try {
        if (handler_) call(lock, {"destroy"}, [&] { handler_.reset(); });
    } catch (const Abandoned&) {
        return false;
    }
    return clean;
}

// Returns when the input has ended, or the other side is gone.
void Agent::serve_requests(Connection::Lock& lock) {
    wire::FrameReader& reader = connection_.reader();
    while (!connection_.output_closed()) {
        if (handler_) handler_->check();
        const wire::Split frame = reader.peek();
        if (frame.status != wire::Split::whole) {
            if (reader.at_end()) return;
            connection_.wait_for_input(lock);
            continue;
        }
        const wire::Message message = wire::open_message(frame.body);
        if (message.kind >= Kind::begin) {
            handle_data(lock, frame, message);
        } else {
            reader.take(frame);
            const wire::pb::Request request = wire::parse_request(frame.body);
            understood_ |= request.message_case() != wire::pb::Request::MESSAGE_NOT_SET;
            handle_control(lock, request);
        }
    }
}

// ---- The end ----

bool Agent::finish(Connection::Lock& lock) {
    if (handler_) call(lock, {"stop"}, [&] { handler_->stop(); });
    if (in_batch_) spdlog::warn("{}: the input ended inside a batch, which is dropped", who());
    if (const size_t left = connection_.reader().buffered(); left && !connection_.output_closed())
        throw ProtocolError(fmt::format("the input ended in the middle of a frame, {} bytes into it", left));
    const bool taken = connection_.flush_all();
    if (!taken) spdlog::info("{}: the other side closed the connection before it had read everything", who());
    return taken;
}

void Agent::finish_refused(Connection::Lock&) {
    connection_.close_output();
    connection_.reader().release();
    connection_.flush_all();
    connection_.discard_input(kRefusedLinger);
}

// Everything that was emitted goes out first, then the cause. Hanging up while data is on its way
// to us would lose both: read on to the end.
void Agent::finish_failed(Connection::Lock& lock, const std::string& cause) {
    if (!lock.owns_lock()) lock.lock();
    const std::string error = fmt::format("{}: {}", who(), cause);
    spdlog::error("{}", error);
    try {
        connection_.reader().release();
        connection_.reader().discard();
        connection_.send_last(error, kFailedLinger);
    } catch (const std::exception& e) {
        spdlog::error("{}: the cause could not be sent: {}", who(), e.what());
    }
}

void Agent::report() const {
    std::string found;
    {
        const std::lock_guard lock(names_mutex_);
        found = output_->counters().text();
    }
    if (!found.empty()) spdlog::info("{}: guard: {}", who(), found);
}

std::string Agent::who() const {
    const std::lock_guard lock(names_mutex_);
    std::string text = algorithm_->name;
    if (!plugin_.empty()) text += fmt::format(" (plugin {})", plugin_);
    if (!task_.empty()) text += fmt::format(", task {}, node {}", task_, node_);
    return text;
}

// ---- Data ----

void Agent::handle_data(Connection::Lock& lock, const wire::Split& frame, wire::Message message) {
    understood_ = true;
    if (!handler_) throw ProtocolError("data came before Init");
    if (message.kind == Kind::point) return add_points(lock, frame, message);
    connection_.reader().take(frame);
    if (message.kind == Kind::begin)
        begin_batch(lock, message.body);
    else if (message.kind == Kind::end)
        end_batch(lock, message.body);
    else
        throw ProtocolError("a request cannot be told apart");
}

// Takes all consecutive points that have arrived; hands them over unless a batch is collected.
void Agent::add_points(Connection::Lock& lock, const wire::Split& frame, const wire::Message& message) {
    if (in_batch_ != (algorithm_->wants == UDF_BATCH))
        throw ProtocolError(in_batch_ ? "a batch came for an algorithm that wants a stream"
                                      : "a point came outside a batch for an algorithm that wants batches");
    wire::FrameReader& reader = connection_.reader();
    add_point(message.body, frame.frame.empty() ? 0 : frame.frame.size() - message.body.size());
    reader.take(frame);
    for (size_t count = 1; count < kRunLimit; ++count) {
        const wire::PointFrame next = wire::find_point(reader.untaken());
        if (!next) break;  // serve_requests() sees what it is
        add_point({next.body, next.size}, next.prefix);
        reader.take(next.prefix + next.size);
    }
    if (!collects_batch()) deliver_run(lock);
}

void Agent::add_point(std::string_view body, size_t prefix) {
    if (collects_batch() && run_.points().size() >= settings_.guard.batch_limit)
        throw ProtocolError(fmt::format("a batch of more than {} points came (--batch-limit)", run_.points().size()));
    if (!(in_batch_ ? run_.add(body, prefix, batch_) : run_.add(body, prefix)))
        throw ProtocolError(fmt::format("a point of {} bytes cannot be decoded", body.size()));
}

void Agent::deliver_run(Connection::Lock& lock) {
    if (!run_.points().empty()) call(lock, {"points", run_.points()}, [&] { handler_->points(run_.points()); });
    run_.clear();
    reencoded_.clear();
}

void Agent::begin_batch(Connection::Lock& lock, std::string_view body) {
    if (algorithm_->wants != UDF_BATCH) throw ProtocolError("a batch came for an algorithm that wants a stream");
    if (in_batch_) throw ProtocolError("a batch began inside a batch");
    batch_begin_ = body;
    if (!wire::decode_begin(batch_begin_, batch_)) throw ProtocolError("a BeginBatch cannot be decoded");
    in_batch_ = true;
    if (collects_batch())
        connection_.reader().pin();
    else if (algorithm_->begin_batch)
        call(lock, {"begin_batch"}, [&] { handler_->begin_batch(batch_.batch); });
}

void Agent::end_batch(Connection::Lock& lock, std::string_view body) {
    if (!in_batch_) throw ProtocolError("a batch ended that had not begun");
    if (!wire::decode_end(body, batch_end_)) throw ProtocolError("an EndBatch cannot be decoded");
    udf_batch whole = batch_.batch;
    whole.tmax = batch_end_.batch.tmax;
    whole.point_count = 0;
    if (wants_whole_batches()) {
        whole.points = run_.points().data();
        whole.point_count = run_.points().size();
        call(lock, {"batch", run_.points()}, [&] { handler_->batch(whole); });
    } else {
        call(lock, {"end_batch"}, [&] { handler_->end_batch(whole); });
    }
    in_batch_ = false;
    run_.clear();
    reencoded_.clear();
    connection_.reader().release();
}

// ---- Control ----

void Agent::handle_control(Connection::Lock& lock, const wire::pb::Request& request) {
    using wire::pb::Request;
    switch (request.message_case()) {
        case Request::kInfo:
            return info();
        case Request::kInit:
            return init(lock, request.init());
        case Request::kSnapshot:
            return snapshot(lock);
        case Request::kRestore:
            return restore(lock, request.restore().snapshot());
        case Request::kKeepalive: {
            wire::pb::Response response;
            supervised_ |= wire::is_mark(request.keepalive().time());
            response.mutable_keepalive()->set_time(request.keepalive().time());
            connection_.keepalive_heard(request.keepalive().time());
            return reply(response);
        }
        case Request::MESSAGE_NOT_SET:
            throw ProtocolError("a request holds no message that this version knows");
        default:
            break;
    }
    // Data in an unusual form (several members, unknown ones): bring it into the ordinary one.
    wire::pb::Request known = request;
    known.DiscardUnknownFields();
    const std::string& body = reencoded_.emplace_back(known.SerializeAsString());
    const wire::Message message = wire::open_message(body);
    const wire::Split no_frame{wire::Split::whole, {}, body, 0};
    handle_data(lock, no_frame, message);
}

void Agent::info() {
    wire::pb::Response response;
    wire::pb::InfoResponse& info = *response.mutable_info();
    info.set_wants(static_cast<wire::pb::EdgeType>(algorithm_->wants));
    info.set_provides(static_cast<wire::pb::EdgeType>(algorithm_->provides));
    for (const udf_option& option : std::span(algorithm_->options, algorithm_->option_count)) {
        wire::pb::OptionInfo& types = (*info.mutable_options())[option.name];
        for (uint32_t i = 0; i < option.type_count; ++i)
            types.add_valuetypes(static_cast<wire::pb::ValueType>(option.types[i]));
    }
    reply(response);
}

void Agent::init(Connection::Lock& lock, const wire::pb::InitRequest& request) {
    if (handler_) throw ProtocolError("Init came twice");
    {
        const std::lock_guard names_lock(names_mutex_);
        task_ = request.taskid();
        node_ = request.nodeid();
    }
    std::string cause;
    try {
        const Options options(*algorithm_, choose_ ? choose(lock, request) : request);
        if (!overtime_) make_overtime();
        call(lock, {"create"}, [&] {
            handler_ = std::make_unique<Handler>(*algorithm_, Handler::Names{plugin_, algorithm_->name, task_, node_},
                                                 options.args(), *output_);
        });
    } catch (const BadOptions& e) {
        cause = e.what();
    } catch (const HandlerFailed& e) {
        cause = e.what();
    }
    answer_init(cause);
    if (!cause.empty()) throw Refused{};
    output_->open();
    spdlog::debug("{}: started", who());
}

// From then on we are the algorithm that was chosen. A plugin that is loaded meanwhile may hang.
wire::pb::InitRequest Agent::choose(Connection::Lock& lock, const wire::pb::InitRequest& request) {
    make_overtime();
    const milliseconds hang = settings_.limits.handler, load = settings_.limits.load;
    const milliseconds limit = hang.count() != 0 ? std::min(hang, load) : load;
    overtime_->when_late(limit, [&, thread = ::pthread_self()] {
        for (const std::string& frame : stack_of(thread)) spdlog::error("{}: in {}", who(), frame);
        answer_init(fmt::format("a plugin hangs while it is loaded: it has taken {:g} s",
                                std::chrono::duration<double>(limit).count()));
        connection_.close_output();
        connection_.flush_all();
        connection_.discard_input(kRefusedLinger);
        return true;
    });
    Choice choice;
    call(lock, {"load"}, [&] {
        try {
            choice = choose_(request);
        } catch (const std::exception& e) {
            throw BadOptions(e.what());
        }
    });
    const std::lock_guard names_lock(names_mutex_);
    chosen_ = std::move(choice.algorithm);
    algorithm_ = chosen_.get();
    plugin_ = std::move(choice.plugin);
    make_output();
    output_->serve_on_this_thread();
    return std::move(choice.request);
}

void Agent::answer_init(const std::string& cause) {
    wire::pb::Response response;
    response.mutable_init()->set_success(cause.empty());
    if (!cause.empty()) response.mutable_init()->set_error(fmt::format("{}: {}", algorithm_->name, cause));
    if (!cause.empty()) spdlog::error("{}: cannot start: {}", who(), cause);
    reply(response);
}

// Exactly one answer, however it goes: another would be taken for that to the next request.
void Agent::snapshot(Connection::Lock& lock) {
    const auto answer = [this](std::string_view snapshot) {
        wire::pb::Response response;
        response.mutable_snapshot()->set_snapshot(std::string(snapshot));
        reply(response);
    };
    if (!handler_ || !algorithm_->snapshot) return answer(last_snapshot_);
    bool answered = false;
    // A supervisor has the last good one itself, and waits as long as it wants to.
    if (!supervised_)
        overtime_->when_late(settings_.limits.snapshot, [&] {
            spdlog::warn("{}: a snapshot takes long, Kapacitor gets the last good one instead", who());
            answered = true;
            answer(last_snapshot_);
            return false;
        });
    bool good = false;
    try {
        std::string state;
        call(lock, {"snapshot"}, [&] { state = handler_->snapshot(settings_.frame_limit - kAroundSnapshot); });
        last_snapshot_ = wrap(algorithm_->name, algorithm_->state_version, state);
        good = true;
    } catch (const HandlerFailed& e) {
        handler_->check();  // the handler may have failed as a whole
        spdlog::error("{}: a snapshot failed, Kapacitor gets the last good one: {}", who(), e.what());
    }
    if (!answered) answer(supervised_ && !good ? wire::kNoSnapshot : std::string_view(last_snapshot_));
}

void Agent::restore(Connection::Lock& lock, const std::string& snapshot) {
    std::string cause;
    try {
        if (!handler_) throw BadEnvelope("Restore came before Init");
        if (!algorithm_->restore) throw BadEnvelope("the algorithm keeps no state, so none can be restored");
        const Snapshot content = unwrap(snapshot, algorithm_->name);
        call(lock, {"restore"}, [&] { handler_->restore(content.state_version, content.state); });
        last_snapshot_ = snapshot;
    } catch (const BadEnvelope& e) {
        cause = e.what();
    } catch (const HandlerFailed& e) {
        cause = e.what();
    }
    wire::pb::Response response;
    response.mutable_restore()->set_success(cause.empty());
    if (!cause.empty()) response.mutable_restore()->set_error(fmt::format("{}: {}", algorithm_->name, cause));
    if (!cause.empty()) spdlog::error("{}: cannot go on from the snapshot: {}", who(), cause);
    reply(response);
    if (!cause.empty()) throw Refused{};
}

void Agent::reply(const wire::pb::Response& response) {
    wire::append_response(connection_.output(), response);
    connection_.appended(true);  // somebody waits for it, and calls may follow that take long
}

// ---- Calls into the plugin and back ----

template <class Function>
void Agent::call(Connection::Lock& lock, Overtime::Call what, Function&& function) {
    connection_.reader().pin();
    output_->call_begins();
    connection_.appended(calls_take_long_);
    overtime_->begin(what);
    lock.unlock();
    const auto after = [&] {
        lock.lock();
        calls_take_long_ = overtime_->end() >= Connection::kFlushAfter;
        output_->call_ends();
        if (overtime_->given_up()) throw Abandoned{};
        if (!collects_batch()) connection_.reader().release();
    };
    try {
        function();
    } catch (...) {
        after();
        throw;
    }
    after();
}

}  // namespace agent
