// SPDX-License-Identifier: MIT
#include "client/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/option_values.h"
#include "wire/decode.h"
#include "wire/frame.h"

namespace client {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t kReplayBacklog = 256u << 10;  // bytes that wait for the function
constexpr std::chrono::seconds kExitLimit(5);

pb::Response::MessageCase answer_to(pb::Request::MessageCase request) {
    switch (request) {
        case pb::Request::kInfo:
            return pb::Response::kInfo;
        case pb::Request::kInit:
            return pb::Response::kInit;
        case pb::Request::kRestore:
            return pb::Response::kRestore;
        default:
            return pb::Response::MESSAGE_NOT_SET;
    }
}

std::string name_of(const std::string& option) { return option.substr(0, option.find('=')); }

}  // namespace

Replay::Replay(const wire::Recording& recording, const wire::Recording::Session& session, Process& process,
               Settings settings)
    : process_(process),
      settings_(std::move(settings)),
      channel_(interrupt_, std::move(process.from_stdout), std::move(process.to_stdin)),
      requests_(recording, session, wire::RecordedFrames::Direction::in),
      data_(recording, session, Comparison::Of::data),
      answers_(recording, session, Comparison::Of::answers),
      in_(wire::kMostFrameLimit) {}

Replayed Replay::run() {
    began_ = Clock::now();
    Replayed result;
    try {
        run_to_the_end();
        result.failure = how_it_ended();
    } catch (const Failed& failed) {
        result.failure = failed.why;
        channel_.close_output();
        process_.exited_within(kExitLimit);
    }
    result.took = Clock::now() - began_;
    if (result.failure.empty()) {
        data_.end();
        answers_.end();
    }
    result.points_in = points_in_;
    result.points_out = data_.points();
    result.compared = data_.compared() + answers_.compared();
    result.differing = data_.differing() + answers_.differing();
    result.first = data_.first();
    if (const auto& other = answers_.first(); other && (!result.first || other->time < result.first->time))
        result.first = other;
    return result;
}

void Replay::run_to_the_end() {
    if (!settings_.options.empty()) ask_for_info();
    next_ = requests_.next();
    while (true) {
        feed();
        if (!next_ && awaited_ == pb::Response::MESSAGE_NOT_SET && unsent_.size() == sent_ &&
            !std::exchange(input_ended_, true))
            channel_.close_output();
        wire::Channel::Timeout timeout;
        if (next_ && !is_due(next_->time)) {
            const auto at = began_ + std::chrono::duration_cast<Clock::duration>(next_->time / settings_.speed);
            timeout = std::max(std::chrono::ceil<milliseconds>(at - Clock::now()), milliseconds(1));
        }
        move(timeout);
        if (in_.at_end()) return;
    }
}

// ---- What goes in ----

bool Replay::is_due(std::chrono::nanoseconds time) const {
    return settings_.speed == 0 || time / settings_.speed <= Clock::now() - began_;
}

void Replay::feed() {
    while (next_ && awaited_ == pb::Response::MESSAGE_NOT_SET && unsent_.size() - sent_ < kReplayBacklog &&
           is_due(next_->time)) {
        feed_frame(*next_);
        next_ = requests_.next();
    }
}

void Replay::feed_frame(const wire::RecordedFrames::Frame& frame) {
    const wire::Kind kind = wire::open_message(frame.body).kind;
    if (kind == wire::Kind::point) ++points_in_;
    if (kind >= wire::Kind::begin) {
        unsent_ += frame.frame;
        return;
    }
    pb::Request request;
    if (request.ParseFromArray(frame.body.data(), static_cast<int>(frame.body.size())))
        awaited_ = answer_to(request.message_case());
    if (request.has_point()) ++points_in_;
    if (request.has_init() && !settings_.options.empty())
        unsent_ += with_other_options(std::move(request));
    else
        unsent_ += frame.frame;
}

void Replay::ask_for_info() {
    pb::Request request;
    request.mutable_info();
    wire::append_frame(unsent_, request);
    awaited_ = pb::Response::kInfo;
    asks_itself_ = true;
    while (asks_itself_) {
        move(std::nullopt);
        if (in_.at_end()) throw Failed{"it ended before it answered Info"};
    }
}

std::string Replay::with_other_options(pb::Request request) const {
    pb::InitRequest& init = *request.mutable_init();
    auto& options = *init.mutable_options();
    const auto is_replaced = [this](const pb::Option& option) {
        return std::ranges::any_of(settings_.options,
                                   [&](const std::string& o) { return name_of(o) == option.name(); });
    };
    options.erase(std::remove_if(options.begin(), options.end(), is_replaced), options.end());
    for (const pb::Option& option : parse_options(settings_.options, info_)) *init.add_options() = option;
    std::string frame;
    wire::append_frame(frame, request);
    return frame;
}

void Replay::write_some() {
    while (sent_ < unsent_.size()) {
        const auto [status, bytes] = channel_.write(unsent_.data() + sent_, unsent_.size() - sent_);
        if (status == wire::Channel::Status::again) break;
        // Nobody reads any more: why, the output will say.
        sent_ = status == wire::Channel::Status::closed ? unsent_.size() : sent_ + bytes;
    }
    if (sent_ == unsent_.size() || sent_ >= kReplayBacklog) {
        unsent_.erase(0, sent_);
        sent_ = 0;
    }
}

// ---- What comes out ----

void Replay::move(wire::Channel::Timeout timeout) {
    write_some();
    const auto ready = channel_.wait({.input = true, .output = sent_ < unsent_.size()}, timeout);
    if (ready.output) write_some();
    if (ready.input) in_.fill(channel_);
    take_frames();
}

void Replay::take_frames() try {
    while (true) {
        const wire::Split split = in_.peek();
        if (split.status != wire::Split::whole) break;
        in_.take(split);
        take(split.body);
    }
    if (in_.at_end() && in_.buffered() != 0)
        throw Failed{fmt::format("its output ends in the middle of a frame, {} bytes into it", in_.buffered())};
} catch (const wire::ProtocolError& e) {
    throw Failed{fmt::format("what it writes is not the protocol: {}", e.what())};
}

void Replay::take(std::string_view body) {
    if (wire::open_message(body).kind >= wire::Kind::begin) return data_.take(body);
    const pb::Response response = parse_response(body);
    switch (response.message_case()) {
        case pb::Response::kKeepalive:
            return;
        case pb::Response::kError:
            throw Failed{response.error().error()};
        case pb::Response::kBegin:
        case pb::Response::kPoint:
        case pb::Response::kEnd:
            return data_.take(body);
        case pb::Response::MESSAGE_NOT_SET:
            throw Failed{"it wrote an empty response; Kapacitor would crash"};
        default:
            break;
    }
    if (response.message_case() == awaited_) awaited_ = pb::Response::MESSAGE_NOT_SET;
    if (response.has_info() && std::exchange(asks_itself_, false)) {
        info_ = response.info();
        return;
    }
    answers_.take(body);
    if (response.has_init() && !response.init().success()) throw Failed{response.init().error()};
    if (response.has_restore() && !response.restore().success()) throw Failed{response.restore().error()};
}

// ---- The end ----

// Empty where it ended as it should.
std::string Replay::how_it_ended() {
    if (!process_.exited_within(kExitLimit))
        return fmt::format("it did not exit within {} s after it ended its output", kExitLimit.count());
    if (std::string failure = process_.failure(); !failure.empty()) return "it " + failure;
    return input_ended_ ? "" : "it ended its output before its input had ended";
}

}  // namespace client
