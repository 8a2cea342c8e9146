// SPDX-License-Identifier: MIT
//
// InfluxDB line protocol, one record at a time:
//
//     record      = measurement *("," tag) " " field *("," field) [" " timestamp]
//     tag         = key "=" value
//     field       = key "=" ( float | int "i" | uint "u" | bool | string )
//     string      = '"' anything, newlines too, with \" and \\ '"'
//
// A backslash takes the meaning from a comma and a space, in tags and keys also from an equals
// sign; before any other character it is a character like others. What InfluxDB refuses is refused.
// Pure functions of their arguments; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "udf.pb.h"

namespace client {

namespace pb = kapacitor::udf;

struct BadLine {
    size_t column;  // in bytes, the first is 1
    std::string reason;
};

// How the records tell time.
struct Times {
    int64_t unit = 1;  // ns in one unit of a timestamp
    int64_t now = 0;   // ns; the time of a record without a timestamp
};

// The ns of `ns`, `us` (or `u`), `ms`, `s`, `m`, `h`; nothing for any other name.
std::optional<int64_t> precision_unit(std::string_view name);

// True for blank lines and comments.
bool holds_no_point(std::string_view record);

// Fills name, tags, fields and time of `to`, which is cleared first. A field given twice keeps its
// last value; a tag given twice is an error, as in InfluxDB. Unsigned integers become integers.
std::optional<BadLine> parse_line(std::string_view record, Times times, pb::Point& to);

}  // namespace client
