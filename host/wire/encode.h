// SPDX-License-Identifier: MIT
//
// Encodes data messages as response frames, the cheapest way that means the same: a point passed
// on unchanged is a copy of its frame, one with other fields takes over the encoded bytes of
// everything else, and only what was built from nothing is encoded in full.
#pragma once

#include <udf_plugin.h>

#include <span>

#include "wire/buffer.h"
#include "wire/check.h"
#include "wire/decode.h"
#include "wire/frame.h"

namespace wire {

const char* describe(Encoded problem) noexcept;

// `run` is where points may have come from; it must not change meanwhile. Frames are appended whole.
struct Appended {
    size_t count;  // of points
    Encoded problem;
};
// Stops at a point with a problem, and once `out` has grown to `enough` bytes; at least one point.
Appended append_points(Buffer& out, std::span<const udf_point> points, const PointRun& run, size_t enough,
                       size_t frame_limit = kFrameLimit);
// Nothing where it returns a problem.
Encoded append_batch(Buffer& out, const udf_batch& batch, const PointRun& run, size_t frame_limit = kFrameLimit);

}  // namespace wire
