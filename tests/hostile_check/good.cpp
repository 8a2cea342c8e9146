// SPDX-License-Identifier: MIT
//
// Does nothing wrong: what is wrong with it is how it is linked.
#include <udf_plugin.hpp>

struct Good {
    static constexpr udf::Info info{
        .name = "good", .wants = UDF_STREAM, .provides = UDF_STREAM, .help = "Emits every point as it came"};
    Good(udf::Host h, const udf::Args&) : host(h) {}
    void points(std::span<const udf::Point> run) const { host.emit(run); }
    udf::Host host;
};
UDF_PLUGIN(Good)

#ifdef EXPORTS_MORE
extern "C" UDF_EXPORT int something_else() { return 1; }
#endif
