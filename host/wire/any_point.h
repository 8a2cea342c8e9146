// SPDX-License-Identifier: MIT
//
// A Point in any form that protobuf allows, parsed in place. Points in the form of usual_point.h
// never come here.
#pragma once

#include <udf_plugin.h>

#include <string_view>

#include "wire/decode.h"
#include "wire/protobuf.h"

namespace wire {

// Where the next field, tag and dimension of a point go.
struct PointMembers {
    udf_field* fields;
    udf_tag* tags;
    udf_str* dimensions;
};

// Sets `point` but for its note and counts, and of `origin` what follows from the bytes; writes to
// `next`, which has room for all that the message may hold and one more of each, and moves it on. False
// where the bytes are no Point: what was set is void then.
bool parse_any_point(std::string_view body, udf_point& point, Origin& origin, PointMembers& next);

// What headers of batches have in common with points, from behind its tag on: an entry of the map of
// tags, and byName. False where the bytes are malformed.
bool parse_tag_entry(Cursor& in, udf_tag& tag) noexcept;
bool parse_flag(Cursor& in, uint32_t& flag) noexcept;

}  // namespace wire
