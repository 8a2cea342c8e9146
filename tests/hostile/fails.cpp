// SPDX-License-Identifier: MIT
//
// A mirror that fails at the first point with the field `fail`, with its text.
#include <stdexcept>
#include <string>
#include <udf_plugin.hpp>

struct Fails {
    static constexpr udf::Info info{.name = "fails", .wants = UDF_STREAM, .provides = UDF_STREAM};

    Fails(udf::Host host, const udf::Args&) : host(host) {}

    void point(const udf::Point& p) {
        if (const auto why = p.field<std::string>("fail")) throw std::runtime_error(*why);
        host.emit(p);
    }

    udf::Host host;
};
UDF_PLUGIN(Fails)
