// SPDX-License-Identifier: MIT
//
// A mirror that prints to stdout, where the protocol was.
#include <cstdio>
#include <udf_plugin.hpp>

struct Prints {
    static constexpr udf::Info info{.name = "prints", .wants = UDF_STREAM, .provides = UDF_STREAM};

    Prints(udf::Host host, const udf::Args&) : host(host) { say("a handler is made"); }

    void points(std::span<const udf::Point> run) {
        say("points have come");
        host.emit(run);
    }

    static void say(const char* what) {
        std::printf("%s\n", what);
        std::fflush(stdout);
    }
    udf::Host host;
};
UDF_PLUGIN(Prints)
