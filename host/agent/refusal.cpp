// SPDX-License-Identifier: MIT
#include "agent/refusal.h"

#include <chrono>

#include "agent/connection.h"
#include "wire/control.h"

namespace agent {
namespace {

constexpr std::chrono::seconds kLingerOnRefusal{60};  // for the other side to read why and hang up

}  // namespace

void send_heartbeat(wire::Channel& channel) {
    wire::pb::Response response;
    response.mutable_keepalive();
    wire::Buffer frame;
    wire::append_response(frame, response);
    channel.write(frame.view().data(), frame.size());  // a few bytes into an empty pipe: whole
}

bool refuse(wire::Channel& channel, const std::string& reason, Boot boot) {
    Connection connection(channel);
    auto lock = connection.lock();
    wire::FrameReader& reader = connection.reader();
    for (;;) {
        const wire::Split frame = reader.peek();
        if (frame.status != wire::Split::whole) {
            if (reader.at_end()) return true;
            connection.wait_for_input(lock);
            continue;
        }
        reader.take(frame);
        const wire::pb::Request request = wire::parse_request(frame.body);
        wire::pb::Response response;
        if (request.has_init()) {
            response.mutable_init()->set_success(false);
            response.mutable_init()->set_error(reason);
            wire::append_response(connection.output(), response);
            connection.close_output();
            connection.flush_all();
            connection.discard_input(std::chrono::seconds(1));  // no longer: Kapacitor leaks whom it refuses
            return false;
        }
        if (!request.has_info() || boot == Boot::fails) {
            connection.send_last(reason, kLingerOnRefusal);
            return false;
        }
        response.mutable_info();
        wire::append_response(connection.output(), response);
        connection.appended(true);
    }
}

}  // namespace agent
