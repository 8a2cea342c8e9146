// SPDX-License-Identifier: MIT
//
// Encodes data messages as response frames, the cheapest way that means the same: a point passed
// on unchanged is a copy of its frame, one with other fields takes over the encoded bytes of
// everything else, and only what was built from nothing is encoded in full.
#pragma once

#include <udf_plugin.h>

#include <cstdint>

#include "wire/buffer.h"
#include "wire/decode.h"

namespace wire {

// What is wrong with a point or batch that a plugin handed over.
enum class Encoded : uint8_t {
    ok,
    null_pointer,  // a count or size without the array
    bad_type,      // a field that is no bool, int, double or string
    too_long,      // over the frame limit
};
const char* describe(Encoded problem) noexcept;

// Each appends whole frames, or nothing where it returns a problem. `run` is where points may have
// come from; it must not change meanwhile.
Encoded append_point(Buffer& out, const udf_point& point, const PointRun& run);
Encoded append_batch(Buffer& out, const udf_batch& batch, const PointRun& run);

}  // namespace wire
