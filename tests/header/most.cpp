// SPDX-License-Identifier: MIT
//
// A plugin that uses every member that a handler may have, so that all of the wrapper is compiled.
#include <udf_plugin.hpp>

struct Stream {
    static constexpr udf::Option options[] = {
        {"field", {UDF_STRING}, "a field", udf::required},
        {"every", {UDF_DURATION}},
        {"set", {UDF_STRING, UDF_INT, UDF_DOUBLE, UDF_BOOL}, "help", udf::required | udf::repeatable},
        {"strict"},
    };
    static constexpr udf::Info info{.name = "stream",
                                    .version = "2.0.0",
                                    .wants = UDF_STREAM,
                                    .provides = UDF_BATCH,
                                    .options = options,
                                    .help = "help",
                                    .state_version = 2};
    Stream(udf::Host h, const udf::Args& args) : host(h), field(args.get<std::string>("field")) {
        every = args.get_or("every", std::chrono::nanoseconds(1));
        strict = args.has("strict");
        if (const auto set = args.find<int64_t>("set", 1)) number = *set;
        for (const udf_arg& use : args) host.debug(udf::view(use.name));
    }
    void points(std::span<const udf::Point> run) {
        for (const udf::Point& p : run) seen[p.group] += p.field<int64_t>(field).value_or(number);
    }
    void snapshot(udf::Sink sink) const {
        for (const auto& [group, n] : seen) sink.write(group + std::to_string(n));
    }
    void restore(uint32_t version, std::string_view state) {
        if (version < info.state_version) seen.clear();
        seen.erase(state);
        seen = udf::Groups<int64_t>();
    }
    void stop() { host.fail("stopped"); }

    udf::Host host;
    std::string field;
    std::chrono::nanoseconds every;
    bool strict;
    int64_t number = 0;
    udf::Groups<int64_t> seen;
};

struct Batches {
    static constexpr udf::Info info{.name = "batches", .wants = UDF_BATCH, .provides = UDF_STREAM};
    Batches(udf::Host h, const udf::Args&) : host(h) {}
    void begin_batch(const udf::Batch& b) { host.info(udf::view(b.name)); }
    void point(const udf::Point& p) {
        host.emit(p.with(std::array{udf::field("s", "text"), udf::field("b", true), udf::field("i", 1)}));
    }
    void end_batch(const udf::Batch& b) { host.emit(b.with(std::span<const udf::Point>())); }
    udf::Host host;
};

UDF_PLUGIN(Stream, Batches)
