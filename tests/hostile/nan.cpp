// SPDX-License-Identifier: MIT
//
// Adds fields to each point that are no finite numbers.
#include <limits>
#include <udf_plugin.hpp>
#include <vector>

struct Nan {
    static constexpr udf::Info info{.name = "nan", .wants = UDF_STREAM, .provides = UDF_STREAM};

    Nan(udf::Host host, const udf::Args&) : host(host) {}

    void point(const udf::Point& p) {
        using Limits = std::numeric_limits<double>;
        fields.assign(p.all_fields().begin(), p.all_fields().end());
        fields.push_back(udf::field("nan", Limits::quiet_NaN()));
        fields.push_back(udf::field("infinity", Limits::infinity()));
        fields.push_back(udf::field("minus_infinity", -Limits::infinity()));
        host.emit(p.with(fields));
    }

    udf::Host host;
    std::vector<udf_field> fields;
};
UDF_PLUGIN(Nan)
