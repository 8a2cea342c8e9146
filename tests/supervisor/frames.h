// SPDX-License-Identifier: MIT
//
// Small frames of data, and what they hold.
#pragma once

#include <udf.pb.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/frame.h"

namespace frames {

namespace pb = kapacitor::udf;

template <class Message>
std::string frame_of(const Message& message) {
    std::string frame;
    wire::append_frame(frame, message);
    return frame;
}

inline std::string point(int64_t time, const std::string& group = "g") {
    pb::Request request;
    request.mutable_point()->set_time(time);
    request.mutable_point()->set_group(group);
    return frame_of(request);
}

inline std::string begin(const std::string& group = "g", int64_t size = 0) {
    pb::Request request;
    request.mutable_begin()->set_group(group);
    request.mutable_begin()->set_size(size);
    return frame_of(request);
}

inline std::string end(const std::string& group = "g") {
    pb::Request request;
    request.mutable_end()->set_group(group);
    return frame_of(request);
}

inline std::string batch(const std::vector<int64_t>& times) {
    std::string frames = begin();
    for (const int64_t time : times) frames += point(time);
    return frames + end();
}

// The times of the points in `frames`, in order; a batch ends with -1.
inline std::vector<int64_t> times_of(std::string_view frames) {
    std::vector<int64_t> times;
    while (!frames.empty()) {
        const wire::Split frame = wire::split_frame(frames);
        pb::Request request;
        request.ParseFromArray(frame.body.data(), static_cast<int>(frame.body.size()));
        if (request.has_point()) times.push_back(request.point().time());
        if (request.has_end()) times.push_back(-1);
        frames.remove_prefix(frame.frame.size());
    }
    return times;
}

}  // namespace frames
