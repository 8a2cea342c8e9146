// SPDX-License-Identifier: MIT
//
// Never returns from the first call with points.
#include <unistd.h>

#include <udf_plugin.hpp>

struct HangInPoints {
    static constexpr udf::Info info{.name = "hang_in_points", .wants = UDF_STREAM, .provides = UDF_STREAM};

    HangInPoints(udf::Host, const udf::Args&) {}

    void points(std::span<const udf::Point>) {
        for (;;) ::pause();
    }
};
UDF_PLUGIN(HangInPoints)
