// SPDX-License-Identifier: MIT
//
// One connection as Kapacitor sees it: asks, sends points and takes what comes back. Reads while
// it writes, so that neither side can block the other for ever.
//
// Whatever the function emits goes to `output`, from within any call that moves bytes and in the
// order of arrival. Calls throw UdfError where the function reports an error, and ProtocolError
// where what it says is none of the protocol, or ends too early; the session is then over. One
// thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "udf.pb.h"
#include "wire/channel.h"

namespace client {

namespace pb = kapacitor::udf;

// The text of an ErrorResponse, or of an Init or Restore that did not succeed.
class UdfError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

class ProtocolError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

class Session {
public:
    using Output = std::function<void(pb::Response&&)>;  // begin, point and end alone

    // The channel outlives the session. Without `output` nothing may be emitted.
    explicit Session(wire::Channel& channel, Output output = {});

    // Each sends a request and waits for its answer.
    pb::InfoResponse info();
    void init(const std::vector<pb::Option>& options, const std::string& task, const std::string& node);
    std::string snapshot();
    void restore(const std::string& snapshot);
    int64_t keepalive(int64_t time);

    // Sends a begin, point or end. Blocks only while much waits to be written.
    void send(const pb::Request& request);

    // Ends the input, then reads until the function has ended its output.
    void finish();

    // For a caller with a poll loop of its own. queue() only encodes; pump() moves what can be
    // moved, waiting up to `timeout` for that, and is false once the output has ended.
    void queue(const pb::Request& request);
    void queue_frame(std::string_view frame);  // of a request that is encoded already
    void end_input();
    bool pump(wire::Channel::Timeout timeout);
    size_t backlog() const noexcept { return unsent_.size() - sent_; }  // bytes
    bool output_ended() const noexcept { return output_ended_; }

private:
    pb::Response ask(const pb::Request& request, pb::Response::MessageCase answer, const char* what);
    bool write_some();
    bool read_some();
    void take_frames();
    void take(pb::Response&& response);

    wire::Channel& channel_;
    Output output_;
    std::string unsent_, unread_;
    size_t sent_ = 0;            // of unsent_
    uint64_t taken_ = 0;         // bytes of whole frames read so far
    bool input_ended_ = false;   // no more will be queued
    bool input_closed_ = false;  // the function knows it, or no longer reads
    bool output_ended_ = false;
    int64_t keepalive_time_ = 0;  // of the last keepalive
    pb::Response answer_;
    pb::Response::MessageCase awaited_ = pb::Response::MESSAGE_NOT_SET;
};

}  // namespace client
