// SPDX-License-Identifier: MIT
//
// Loses memory in its first handler, and never again: nothing grows.
#include <udf_plugin.hpp>
#include <utility>

namespace {
bool leaks = true;
}

struct LeaksOnce {
    static constexpr udf::Info info{
        .name = "leaks_once", .wants = UDF_STREAM, .provides = UDF_STREAM, .help = "Emits every point as it came"};
    LeaksOnce(udf::Host h, const udf::Args&) : host(h) {
        if (!std::exchange(leaks, false)) return;
        volatile char* const lost = new char[100];
        lost[0] = 1;
    }
    void points(std::span<const udf::Point> run) const { host.emit(run); }
    udf::Host host;
};
UDF_PLUGIN(LeaksOnce)
