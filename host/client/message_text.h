// SPDX-License-Identifier: MIT
//
// Messages of the protocol as lines for people, whatever they hold: points as line protocol, all others in words.
#pragma once

#include <string>

#include "client/point_parts.h"
#include "udf.pb.h"

namespace client {

namespace pb = kapacitor::udf;

// Without a newline. A point of a batch has the name and the tags of that. One that no line can express is a comment
// that says why.
std::string line_of(const pb::Point& point, const pb::BeginBatch* batch = nullptr);

// `init, task cpu_alert, node native2: field('usage_idle') size(10)`; of a snapshot the size alone.
std::string text_of(const pb::Request& request);
std::string text_of(const pb::Response& response);

// As in line protocol.
std::string text_of(const Value& value);

// `field(string) size(int)`
std::string text_of(const google::protobuf::Map<std::string, pb::OptionInfo>& options);

}  // namespace client
