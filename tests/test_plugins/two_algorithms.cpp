// SPDX-License-Identifier: MIT
//
// Works: an option of every kind, every pair of edges but one, and state.
#include <udf_plugin.hpp>

struct Tally {
    static constexpr udf::Option options[] = {
        {"field", {UDF_STRING}, "the field to count", udf::required},
        {"size", {UDF_INT}, "how many", udf::required},
        {"weight", {UDF_STRING, UDF_DOUBLE}, "a field and its weight", udf::repeatable},
        {"quiet", {}, "says nothing"},
        {"strict", {UDF_BOOL}, "stop at the first"},
        {"every", {UDF_DURATION}},
    };
    static constexpr udf::Info info{.name = "tally",
                                    .version = "2.1",
                                    .wants = UDF_STREAM,
                                    .provides = UDF_STREAM,
                                    .options = options,
                                    .help = "counts points"};
    Tally(udf::Host, const udf::Args&) {}
    void point(const udf::Point&) {}
    void snapshot(udf::Sink) const {}
    void restore(uint32_t, std::string_view) {}
};

struct Gather {
    static constexpr udf::Info info{.name = "gather", .wants = UDF_BATCH, .provides = UDF_STREAM};
    Gather(udf::Host, const udf::Args&) {}
    void batch(const udf::Batch&) {}
};

UDF_PLUGIN(Tally, Gather)
