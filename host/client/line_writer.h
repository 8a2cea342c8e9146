// SPDX-License-Identifier: MIT
//
// Points as InfluxDB line protocol, such that parse_line() gives the same point back: tags and
// fields by name, floats in their shortest form, the timestamp in ns.
//
// What line protocol has no way to say is bent as little as possible: tabs, carriage returns and
// newlines in names, keys and tags become spaces, backslashes at their end are left out, and so
// are tags without a key or value and fields without a name, as they are then. Of tags or fields
// that get the same name by that one is left.
#pragma once

#include <string>
#include <string_view>

#include "udf.pb.h"

namespace client {

namespace pb = kapacitor::udf;

// Appends one record and a newline.
void write_line(std::string& out, const pb::Point& point);

// Why no reader would take the point as written; empty for all ordinary points.
std::string_view no_line_because(const pb::Point& point);

}  // namespace client
