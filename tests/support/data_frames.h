// SPDX-License-Identifier: MIT
//
// Frames of data as Kapacitor sends them, for tests that have no client.
#pragma once

#include <udf.pb.h>

#include <cstdint>
#include <string>

#include "wire/frame.h"

namespace support {

inline std::string frame_of(const kapacitor::udf::Request& request) {
    std::string frame;
    wire::append_frame(frame, request);
    return frame;
}

inline std::string point_frame(int64_t time) {
    kapacitor::udf::Request request;
    request.mutable_point()->set_time(time);
    request.mutable_point()->set_name("m");
    (*request.mutable_point()->mutable_fieldsdouble())["v"] = 1;
    return frame_of(request);
}

// Of the measurement m, with points at 1 and 2.
inline std::string batch_frames() {
    kapacitor::udf::Request begin, end;
    begin.mutable_begin()->set_name("m");
    end.mutable_end()->set_name("m");
    end.mutable_end()->set_tmax(2);
    return frame_of(begin) + point_frame(1) + point_frame(2) + frame_of(end);
}

}  // namespace support
