// SPDX-License-Identifier: MIT
//
// Does at its first point what its option says.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <udf_plugin.hpp>

struct Misbehave {
    static constexpr udf::Option options[] = {
        {"how", {UDF_STRING}, "throw, crash, exit, print or loop", udf::required}};
    static constexpr udf::Info info{
        .name = "misbehave", .wants = UDF_STREAM, .provides = UDF_STREAM, .options = options};

    Misbehave(udf::Host host, const udf::Args& args) : host(host), how(args.get<std::string>("how")) {}

    void point(const udf::Point& p) {
        if (how == "throw") throw std::runtime_error("division by zero");
        if (how == "crash") std::abort();
        if (how == "exit") ::_exit(3);
        if (how == "print" || how == "loop") {
            std::puts("a line for nobody");
            std::fflush(stdout);
        }
        while (how == "loop") ::usleep(1000);
        host.emit(p);
    }

    udf::Host host;
    std::string how;
};
UDF_PLUGIN(Misbehave)
