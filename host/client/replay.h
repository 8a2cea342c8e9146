// SPDX-License-Identifier: MIT
//
// Feeds a function what Kapacitor sent when a session was recorded (wire/recording.h), and holds what it answers
// against what was answered then. Data has to come in its order, and answers in theirs; keepalives do not count, nor
// does how data and answers are interleaved. Where the recording ends before the session did, more may come.
//
// Info, Init and Restore are waited for, as Kapacitor does; all else is fed as fast as it is read, or at the pace of
// the recording. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/comparison.h"
#include "client/interrupt.h"
#include "client/process.h"
#include "udf.pb.h"
#include "wire/frame_reader.h"
#include "wire/recording.h"

namespace client {

namespace pb = kapacitor::udf;

struct Replayed {
    uint64_t points_in = 0, points_out = 0;
    uint64_t differing = 0, compared = 0;
    std::optional<Mismatch> first;
    std::string failure;  // of the function; empty where it went on to the end
    std::chrono::duration<double> took{};
};

class Replay {
public:
    struct Settings {
        double speed = 0;                       // times that of the recording; 0 = as fast as it goes
        std::vector<std::string> options = {};  // NAME=VALUE, in place of the task's options of those names
    };

    // All outlive it; the process is one whose pipes have not been taken.
    Replay(const wire::Recording& recording, const wire::Recording::Session& session, Process& process,
           Settings settings);

    // To the end of the function; call once. Throws Interrupted, and std::invalid_argument for options that it does
    // not have.
    Replayed run();

private:
    struct Failed {
        std::string why;
    };

    void feed();
    void feed_frame(const wire::RecordedFrames::Frame& frame);
    void ask_for_info();
    std::string with_other_options(pb::Request request) const;
    bool is_due(std::chrono::nanoseconds time) const;
    void move(wire::Channel::Timeout timeout);
    void write_some();
    void take_frames();
    void take(std::string_view body);
    void run_to_the_end();
    std::string how_it_ended();

    Process& process_;
    const Settings settings_;
    Interrupt interrupt_;
    InterruptibleChannel channel_;
    wire::RecordedFrames requests_;
    std::optional<wire::RecordedFrames::Frame> next_;  // request
    Comparison data_, answers_;
    wire::FrameReader in_;
    std::string unsent_;
    size_t sent_ = 0;  // of it
    pb::Response::MessageCase awaited_ = pb::Response::MESSAGE_NOT_SET;
    bool asks_itself_ = false;  // for Info
    pb::InfoResponse info_;
    bool input_ended_ = false;
    uint64_t points_in_ = 0;
    std::chrono::steady_clock::time_point began_;
};

}  // namespace client
