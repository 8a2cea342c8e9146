// SPDX-License-Identifier: MIT
#include "agent/agent.h"

#include <fmt/format.h>

#include <utility>

#include "agent/agent_calls.h"
#include "agent/log_level.h"
#include "log/log.h"

namespace agent {
namespace {

using std::chrono::milliseconds;
using wire::Kind;
using wire::ProtocolError;

// How many points go into one call: enough to make the call free, few enough for their decoded
// form to stay in a core's own cache.
constexpr size_t kRunLimit = 256;

constexpr milliseconds kRefusedLinger{1000};   // for the other side to read why and hang up
constexpr milliseconds kFailedLinger{60'000};  // the same, while data may still be on its way to us

}  // namespace

Agent::Agent(const udf_algorithm& algorithm, std::string plugin, wire::Channel& channel, const Settings& settings,
             std::function<void()> abandon)
    : Agent({algorithm, {}}, channel, settings, std::move(abandon)) {
    plugin_ = std::move(plugin);
    connection_.activity().algorithm.set(algorithm.name);
}

Agent::Agent(const Chooser& chooser, wire::Channel& channel, const Settings& settings, std::function<void()> abandon)
    : choose_(chooser.choose),
      algorithm_(&chooser.declared),
      settings_(settings),
      supervised_(settings.supervised),
      abandon_(std::move(abandon)),
      connection_(channel, {.drain = settings_.limits.drain, .stall = settings_.limits.stall}, settings_.frame_limit,
                  settings_.activity ? settings_.activity : std::make_shared<metrics::Activity>()) {
    make_output();
    connection_.on_blocked([this](std::chrono::seconds time) {
        logging::warning(where(), "the output is blocked: what comes after it in the task is slow, or hangs",
                         {{"seconds", time.count()}});
    });
}

Agent::~Agent() = default;

void Agent::make_output() {
    output_.emplace(connection_, *algorithm_, settings_.guard, settings_.frame_limit, Output::Input{run_, batch_},
                    [this] { return where(); });
}

void Agent::make_overtime() {
    overtime_.emplace(
        connection_, settings_.limits, [this] { return who(); }, [this] { return where(); }, abandon_);
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
        connection_.reader().release();
        finish_refused();
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
    state_ = "ending";
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
        follow_log_level(connection_.activity());
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
            metrics::add(connection_.activity().in.bytes, frame.frame.size());
            const wire::pb::Request request = wire::parse_request(frame.body);
            understood_ |= request.message_case() != wire::pb::Request::MESSAGE_NOT_SET;
            handle_control(lock, request);
        }
    }
}

// ---- The end ----

bool Agent::finish(Connection::Lock& lock) {
    state_ = "ending";
    if (handler_) call(lock, {"stop"}, [&] { handler_->stop(); });
    if (in_batch_) logging::warning(where(), "the input ended inside a batch, which is dropped");
    if (const size_t left = connection_.reader().buffered(); left && !connection_.output_closed())
        throw ProtocolError(fmt::format("the input ended in the middle of a frame, {} bytes into it", left));
    const bool taken = connection_.flush_all();
    if (!taken) logging::info(where(), "the other side closed the connection before it had read everything");
    return taken;
}

void Agent::finish_refused() {
    connection_.close_output();
    connection_.flush_all();
    connection_.discard_input(kRefusedLinger);
}

// Everything that was emitted goes out first, then the cause. Hanging up while data is on its way
// to us would lose both: read on to the end.
void Agent::finish_failed(Connection::Lock& lock, const std::string& cause) {
    if (!lock.owns_lock()) lock.lock();
    const std::string error = fmt::format("{}: {}", who(), cause);
    logging::error(where(), "the task has failed", {{"plugin", plugin()}, {"cause", cause}});
    connection_.activity().last_error.set(error);
    try {
        connection_.reader().release();
        connection_.reader().discard();
        connection_.send_last(error, kFailedLinger);
    } catch (const std::exception& e) {
        logging::error(where(), "the cause could not be sent", {{"cause", e.what()}});
    }
}

// ---- Data ----

void Agent::handle_data(Connection::Lock& lock, const wire::Split& frame, wire::Message message) {
    understood_ = true;
    if (!handler_) throw ProtocolError("data came before Init");
    if (message.kind == Kind::point) return add_points(lock, frame, message);
    connection_.reader().take(frame);
    metrics::add(connection_.activity().in.bytes, frame.frame.size());
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
    const char* const begin = reader.untaken().data();
    add_point(message.body, frame.frame.empty() ? 0 : frame.frame.size() - message.body.size());
    reader.take(frame);
    size_t count = 1;
    for (; count < kRunLimit; ++count) {
        const wire::PointFrame next = wire::find_point(reader.untaken());
        if (!next) break;  // serve_requests() sees what it is
        add_point({next.body, next.size}, next.prefix);
        reader.take(next.prefix + next.size);
    }
    metrics::add(connection_.activity().in.points, count);
    metrics::add(connection_.activity().in.bytes, static_cast<size_t>(reader.untaken().data() - begin));
    if (!collects_batch()) deliver_run(lock);
}

void Agent::add_point(std::string_view body, size_t prefix) {
    if (collects_batch() && run_.points().size() >= settings_.guard.batch_limit)
        throw ProtocolError(fmt::format("a batch of more than {} points came (--batch-limit)", run_.points().size()));
    if (!(in_batch_ ? run_.add(body, prefix, batch_) : run_.add(body, prefix)))
        throw ProtocolError(fmt::format("a point of {} bytes cannot be decoded", body.size()));
}

void Agent::deliver_run(Connection::Lock& lock) {
    if (!run_.points().empty()) deliver(lock, {"points", run_.points()}, [&] { handler_->points(run_.points()); });
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
        deliver(lock, {"begin_batch"}, [&] { handler_->begin_batch(batch_.batch); });
}

void Agent::end_batch(Connection::Lock& lock, std::string_view body) {
    if (!in_batch_) throw ProtocolError("a batch ended that had not begun");
    if (!wire::decode_end(body, batch_end_)) throw ProtocolError("an EndBatch cannot be decoded");
    metrics::add(connection_.activity().in.batches, 1);
    udf_batch whole = batch_.batch;
    whole.tmax = batch_end_.batch.tmax;
    whole.point_count = 0;
    if (wants_whole_batches()) {
        whole.points = run_.points().data();
        whole.point_count = run_.points().size();
        deliver(lock, {"batch", run_.points()}, [&] { handler_->batch(whole); });
    } else {
        deliver(lock, {"end_batch"}, [&] { handler_->end_batch(whole); });
    }
    in_batch_ = false;
    run_.clear();
    reencoded_.clear();
    connection_.reader().release();
}

}  // namespace agent
