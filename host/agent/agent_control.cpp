// SPDX-License-Identifier: MIT
//
// Agent: requests that are no data, and their answers.
#include <fmt/format.h>
#include <pthread.h>

#include <utility>

#include "agent/agent.h"
#include "agent/agent_calls.h"
#include "agent/envelope.h"
#include "agent/options.h"
#include "agent/thread_stack.h"
#include "log/log.h"
#include "wire/supervised.h"

namespace agent {
namespace {

using std::chrono::milliseconds;
using wire::Kind;
using wire::ProtocolError;

constexpr size_t kAroundSnapshot = 4096;  // bytes: as much of a frame is not for the state

}  // namespace

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
    state_ = "running";
    logging::debug(where(), "started");
}

// From then on we are the algorithm that was chosen. A plugin that is loaded meanwhile may hang.
wire::pb::InitRequest Agent::choose(Connection::Lock& lock, const wire::pb::InitRequest& request) {
    make_overtime();
    const milliseconds hang = settings_.limits.handler, load = settings_.limits.load;
    const milliseconds limit = hang.count() != 0 ? std::min(hang, load) : load;
    overtime_->when_late(limit, [&, thread = ::pthread_self()] {
        answer_init(fmt::format("a plugin hangs while it is loaded: it has taken {:g} s",
                                std::chrono::duration<double>(limit).count()),
                    describe_stack(thread));
        finish_refused();
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
    connection_.activity().algorithm.set(algorithm_->name);
    make_output();
    output_->serve_on_this_thread();
    return std::move(choice.request);
}

void Agent::answer_init(const std::string& cause, const std::string& stack) {
    wire::pb::Response response;
    response.mutable_init()->set_success(cause.empty());
    if (!cause.empty()) response.mutable_init()->set_error(fmt::format("{}: {}", algorithm_->name, cause));
    if (!cause.empty()) {
        logging::error(where(), "cannot start", {{"plugin", plugin()}, {"cause", cause}, {"stack", stack}});
        connection_.activity().last_error.set("cannot start: " + cause);
    }
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
            logging::warning(where(), "a snapshot takes long, Kapacitor gets the last good one instead");
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
        logging::error(where(), "a snapshot failed, Kapacitor gets the last good one", {{"cause", e.what()}});
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
    if (!cause.empty()) logging::error(where(), "cannot go on from the snapshot", {{"cause", cause}});
    reply(response);
    if (!cause.empty()) throw Refused{};
}

void Agent::reply(const wire::pb::Response& response) {
    wire::append_response(connection_.output(), response);
    connection_.appended(true);  // somebody waits for it, and calls may follow that take long
}

}  // namespace agent
