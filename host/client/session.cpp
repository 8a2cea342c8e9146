// SPDX-License-Identifier: MIT
#include "client/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "wire/frame.h"

namespace client {
namespace {

constexpr size_t kUnsentLimit = 256u << 10;  // bytes that wait to be written before send() blocks
constexpr size_t kReadSize = 64u << 10;
constexpr int kReadsAtOnce = 16;  // so that a function that never stops emitting still gets input

const char* name_of(pb::Response::MessageCase kind) {
    switch (kind) {
        case pb::Response::kInfo:
            return "Info";
        case pb::Response::kInit:
            return "Init";
        case pb::Response::kKeepalive:
            return "Keepalive";
        case pb::Response::kSnapshot:
            return "Snapshot";
        case pb::Response::kRestore:
            return "Restore";
        default:
            return "nothing known";
    }
}

// A print to stdout is the commonest mistake of whoever writes a function.
std::string hint_at_text(std::string_view bytes) {
    const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
    const auto end = std::find_if_not(bytes.begin(), bytes.begin() + std::min<size_t>(bytes.size(), 40), printable);
    const std::string_view text(bytes.begin(), end);
    if (text.size() < 4) return {};
    return fmt::format(" (does it print to stdout? the bytes are '{}')", text);
}

}  // namespace

Session::Session(wire::Channel& channel, Output output) : channel_(channel), output_(std::move(output)) {}

pb::InfoResponse Session::info() {
    pb::Request request;
    request.mutable_info();
    return std::move(*ask(request, pb::Response::kInfo, "Info").mutable_info());
}

void Session::init(const std::vector<pb::Option>& options, const std::string& task, const std::string& node) {
    pb::Request request;
    pb::InitRequest& init = *request.mutable_init();
    for (const pb::Option& option : options) *init.add_options() = option;
    init.set_taskid(task);
    init.set_nodeid(node);
    const pb::Response answer = ask(request, pb::Response::kInit, "Init");
    if (!answer.init().success()) throw UdfError(answer.init().error());
}

std::string Session::snapshot() {
    pb::Request request;
    request.mutable_snapshot();
    return std::move(*ask(request, pb::Response::kSnapshot, "Snapshot").mutable_snapshot()->mutable_snapshot());
}

void Session::restore(const std::string& snapshot) {
    pb::Request request;
    request.mutable_restore()->set_snapshot(snapshot);
    const pb::Response answer = ask(request, pb::Response::kRestore, "Restore");
    if (!answer.restore().success()) throw UdfError(answer.restore().error());
}

int64_t Session::keepalive(int64_t time) {
    pb::Request request;
    request.mutable_keepalive()->set_time(time);
    keepalive_time_ = time;
    return ask(request, pb::Response::kKeepalive, "Keepalive").keepalive().time();
}

pb::Response Session::ask(const pb::Request& request, pb::Response::MessageCase answer, const char* what) {
    queue(request);
    awaited_ = answer;
    while (awaited_ != pb::Response::MESSAGE_NOT_SET) {
        const bool more = pump(std::nullopt);  // the answer may be the last that comes
        if (!more && awaited_ != pb::Response::MESSAGE_NOT_SET)
            throw ProtocolError(fmt::format("the function ended before it answered {}", what));
    }
    return std::move(answer_);
}

void Session::send(const pb::Request& request) {
    queue(request);
    if (backlog() < kReadSize) return;
    pump(std::chrono::milliseconds(0));
    while (backlog() >= kUnsentLimit && pump(std::nullopt)) {
    }
}

void Session::finish() {
    end_input();
    while (pump(std::nullopt)) {
    }
}

void Session::queue(const pb::Request& request) {
    if (input_ended_) throw std::logic_error("the input of the function has ended");
    wire::append_frame(unsent_, request);
}

void Session::queue_frame(std::string_view frame) {
    if (input_ended_) throw std::logic_error("the input of the function has ended");
    unsent_ += frame;
}

void Session::end_input() { input_ended_ = true; }

bool Session::pump(wire::Channel::Timeout timeout) {
    bool moved = write_some();
    moved |= read_some();
    if (!moved && !output_ended_ && timeout != std::chrono::milliseconds(0)) {
        channel_.wait({.input = true, .output = backlog() > 0}, timeout);
        write_some();
        read_some();
    }
    return !output_ended_;
}

bool Session::write_some() {
    bool moved = false;
    while (backlog() > 0) {
        const auto [status, bytes] = channel_.write(unsent_.data() + sent_, backlog());
        if (status == wire::Channel::Status::again) break;
        // Nobody reads any more: why, the output will say.
        sent_ = status == wire::Channel::Status::closed ? unsent_.size() : sent_ + bytes;
        moved = true;
    }
    if (backlog() == 0) {
        unsent_.clear();
        sent_ = 0;
        if (input_ended_ && !std::exchange(input_closed_, true)) channel_.close_output();
    } else if (sent_ >= kUnsentLimit) {
        unsent_.erase(0, sent_);
        sent_ = 0;
    }
    return moved;
}

bool Session::read_some() {
    bool moved = false;
    for (int i = 0; i < kReadsAtOnce && !output_ended_; ++i) {
        const size_t held = unread_.size();
        unread_.resize(held + kReadSize);
        const auto [status, bytes] = channel_.read(unread_.data() + held, kReadSize);
        unread_.resize(held + bytes);
        if (status == wire::Channel::Status::again) break;
        moved = true;
        output_ended_ = status == wire::Channel::Status::closed;
        take_frames();
    }
    if (output_ended_ && !unread_.empty())
        throw ProtocolError(fmt::format("the output ends inside a frame: {} bytes of it came, at byte {}{}",
                                        unread_.size(), taken_, hint_at_text(unread_)));
    return moved;
}

void Session::take_frames() {
    std::string_view rest = unread_;
    for (;;) {
        const wire::Split split = wire::split_frame(rest);
        if (split.status == wire::Split::partial) break;
        if (split.status != wire::Split::whole)
            throw ProtocolError(fmt::format("at byte {} of the output: {}", taken_, wire::describe(split)));
        pb::Response response;
        if (!response.ParseFromArray(split.body.data(), static_cast<int>(split.body.size())))
            throw ProtocolError(
                fmt::format("the frame at byte {} of the output is no response: its {} bytes cannot be parsed{}",
                            taken_, split.body.size(), hint_at_text(rest)));
        rest.remove_prefix(split.frame.size());
        take(std::move(response));
        taken_ += split.frame.size();
    }
    unread_.erase(0, unread_.size() - rest.size());
}

void Session::take(pb::Response&& response) {
    const auto kind = response.message_case();
    switch (kind) {
        case pb::Response::kError:
            throw UdfError(response.error().error());
        case pb::Response::kBegin:
        case pb::Response::kPoint:
        case pb::Response::kEnd:
            if (!output_) throw ProtocolError("the function emitted data though it got none");
            return output_(std::move(response));
        case pb::Response::kKeepalive:
            // The one response that may come unasked.
            if (awaited_ != kind || response.keepalive().time() != keepalive_time_) return;
            break;
        case pb::Response::MESSAGE_NOT_SET:
            throw ProtocolError(fmt::format(
                "the frame at byte {} of the output is empty or of an unknown kind; Kapacitor would crash", taken_));
        default:
            break;
    }
    if (kind != awaited_)
        throw ProtocolError(fmt::format("{} was answered though {} was asked", name_of(kind),
                                        awaited_ == pb::Response::MESSAGE_NOT_SET ? "nothing" : name_of(awaited_)));
    answer_ = std::move(response);
    awaited_ = pb::Response::MESSAGE_NOT_SET;
}

}  // namespace client
