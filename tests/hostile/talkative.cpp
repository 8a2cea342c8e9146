// SPDX-License-Identifier: MIT
//
// Logs a line at debug for each point, and gives each a field that must not reach Kapacitor: to be watched and counted.
#include <cmath>
#include <udf_plugin.hpp>
#include <vector>

namespace {

struct Talkative {
    static constexpr udf::Info info{.name = "talkative", .wants = UDF_STREAM, .provides = UDF_STREAM};

    Talkative(udf::Host h, const udf::Args&) : host(h) {}

    void point(const udf::Point& p) {
        host.debug("a point came");
        fields.assign(p.all_fields().begin(), p.all_fields().end());
        fields.push_back(udf::field("none", std::nan("")));
        host.emit(p.with(fields));
    }

    udf::Host host;
    std::vector<udf_field> fields;
};

}  // namespace

UDF_PLUGIN(Talkative)
