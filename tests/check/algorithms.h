// SPDX-License-Identifier: MIT
//
// Algorithms of a test's own, made of functions that are set one by one; what is not set does nothing.
#pragma once

#include <udf_plugin.h>

namespace on_trial {

inline udf_algorithm algorithm(uint32_t wants = UDF_STREAM, uint32_t provides = UDF_STREAM) {
    udf_algorithm a{};
    a.struct_size = sizeof a;
    a.name = "on_trial";
    a.version = "1";
    a.help = "";
    a.wants = wants;
    a.provides = provides;
    a.create = [](const udf_host* host, const udf_arg*, size_t, void** self) {
        *self = const_cast<udf_host*>(host);
        return int{UDF_OK};
    };
    a.destroy = [](void*) {};
    a.points = [](void* self, const udf_point* points, size_t count) {
        const auto* const host = static_cast<const udf_host*>(self);
        return host->emit_points(host, points, count);
    };
    return a;
}

}  // namespace on_trial
