// SPDX-License-Identifier: MIT
//
// Control messages (info, init, snapshot, restore, keepalive, error): rare, so they go through the
// generated protobuf code.
#pragma once

#include <udf.pb.h>

#include <string>
#include <string_view>

#include "wire/buffer.h"

namespace wire {

namespace pb = kapacitor::udf;

// Parses the body of a frame. Throws ProtocolError where it is no Request.
pb::Request parse_request(std::string_view body);

// Appends `response` as a frame. It must hold a message: an empty one kills Kapacitor.
void append_response(Buffer& out, const pb::Response& response);

}  // namespace wire
