// SPDX-License-Identifier: MIT
//
// A mirror that never returns from stop.
#include <unistd.h>

#include <udf_plugin.hpp>

struct HangInStop {
    static constexpr udf::Info info{.name = "hang_in_stop", .wants = UDF_STREAM, .provides = UDF_STREAM};

    HangInStop(udf::Host host, const udf::Args&) : host(host) {}

    void points(std::span<const udf::Point> run) { host.emit(run); }
    void stop() {
        for (;;) ::pause();
    }

    udf::Host host;
};
UDF_PLUGIN(HangInStop)
