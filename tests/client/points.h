// SPDX-License-Identifier: MIT
//
// Short ways for the tests of the client to make points and to compare them.
#pragma once

#include <google/protobuf/util/message_differencer.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "client/line_protocol.h"

namespace client {

inline bool same(const google::protobuf::Message& a, const google::protobuf::Message& b) {
    return google::protobuf::util::MessageDifferencer::Equals(a, b);
}

// The point that a good line means.
inline pb::Point point(std::string_view line, Times times = {}) {
    pb::Point point;
    if (const auto bad = parse_line(line, times, point)) throw std::runtime_error(bad->reason);
    return point;
}

// Why a line is bad, with its column; empty for a good one.
inline std::string complaint(std::string_view line, Times times = {}) {
    pb::Point point;
    const auto bad = parse_line(line, times, point);
    return bad ? std::to_string(bad->column) + ": " + bad->reason : "";
}

}  // namespace client
