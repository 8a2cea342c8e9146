// SPDX-License-Identifier: MIT
//
// What a supervisor and a worker that is an udf-host itself agree upon beyond Kapacitor's protocol.
#pragma once

#include <cstdint>
#include <string_view>

namespace wire {

// In a SnapshotResponse: the state could not be had. What Kapacitor would get in its place, the last good
// one, would be taken for the present one by a supervisor.
inline constexpr std::string_view kNoSnapshot = "udf-host: no snapshot";

// A KeepaliveRequest with such a time is a supervisor's: the answer to it says that all data before it is done, and
// that all that came of it is here. Kapacitor's, which has the time of day, may be answered at once.
constexpr bool is_mark(int64_t time) noexcept { return time < 0; }

}  // namespace wire
