// SPDX-License-Identifier: MIT
//
// Ends the process from its static constructor.
#include <unistd.h>

#include <udf_plugin.hpp>

namespace {

struct Leaver {
    Leaver() { ::_exit(5); }
} const leaver;

struct Never {
    static constexpr udf::Info info{.name = "never", .wants = UDF_STREAM, .provides = UDF_STREAM};
    Never(udf::Host, const udf::Args&) {}
    void point(const udf::Point&) {}
};

}  // namespace

UDF_PLUGIN(Never)
