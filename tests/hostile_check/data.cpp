// SPDX-License-Identifier: MIT
//
// Algorithms that each break one promise about points, batches and state, and are good in all else.
#include <array>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <udf_plugin.hpp>

namespace {

struct Mirror {
    Mirror(udf::Host h, const udf::Args&) : host(h) {}
    void points(std::span<const udf::Point> run) { host.emit(run); }
    udf::Host host;
};

constexpr udf::Info stream(const char* name) {
    return {.name = name, .wants = UDF_STREAM, .provides = UDF_STREAM, .help = "breaks a promise"};
}

struct NeedsFields : Mirror {
    static constexpr udf::Info info = stream("needs_fields");
    using Mirror::Mirror;
    void points(std::span<const udf::Point> run) {
        if (run.front().field_count == 0) std::abort();
        host.emit(run);
    }
};

struct GivesUp : Mirror {
    static constexpr udf::Info info = stream("gives_up");
    using Mirror::Mirror;
    void points(std::span<const udf::Point> run) {
        if (run.front().field_count == 0) throw std::runtime_error("a point without fields");
        host.emit(run);
    }
};

struct ThrowsAcross : Mirror {
    static constexpr udf::Info info = stream("throws_across");
    using Mirror::Mirror;
};
const udf_algorithm throws_across = [] {
    udf_algorithm a = *udf::detail::algorithm<ThrowsAcross>();
    a.points = [](void*, const udf_point* points, size_t) -> int {
        if (points->field_count == 0) throw std::out_of_range("no fields");
        return UDF_OK;
    };
    return a;
}();

struct FearsLargeBatches {
    static constexpr udf::Info info{
        .name = "fears_large_batches", .wants = UDF_BATCH, .provides = UDF_BATCH, .help = "breaks a promise"};
    FearsLargeBatches(udf::Host h, const udf::Args&) : host(h) {}
    void batch(const udf::Batch& b) const {
        if (b.all_points().size() > 50'000) std::abort();
        host.emit(b);
    }
    udf::Host host;
};

struct Counter : Mirror {
    using Mirror::Mirror;
    void points(std::span<const udf::Point> run) {
        for (const udf::Point& p : run) host.emit(p.with(std::array{udf::field("n", ++count)}));
    }
    int64_t count = 0;
};

struct NeverTheSame : Mirror {
    static constexpr udf::Info info = stream("never_the_same");
    using Mirror::Mirror;
    void points(std::span<const udf::Point> run) {
        static std::atomic<int64_t> ever;
        for (const udf::Point& p : run) host.emit(p.with(std::array{udf::field("n", int64_t{++ever})}));
    }
};

struct CountsRuns : Mirror {
    static constexpr udf::Info info = stream("counts_runs");
    using Mirror::Mirror;
    void points(std::span<const udf::Point> run) {
        const std::array fields{udf::field("size", static_cast<int64_t>(run.size()))};
        for (const udf::Point& p : run) host.emit(p.with(fields));
    }
};

struct ForgetsWhenAsked : Counter {
    static constexpr udf::Info info = stream("forgets_when_asked");
    using Counter::Counter;
    void snapshot(udf::Sink sink) const {
        sink.write(std::to_string(count));
        const_cast<ForgetsWhenAsked*>(this)->count = 0;
    }
    void restore(uint32_t, std::string_view state) { count = std::atoll(std::string(state).c_str()); }
};

struct RestoresNothing : Counter {
    static constexpr udf::Info info = stream("restores_nothing");
    using Counter::Counter;
    void snapshot(udf::Sink sink) const { sink.write(std::to_string(count)); }
    void restore(uint32_t, std::string_view) {}
};

struct TrustsStates : Counter {
    static constexpr udf::Info info = stream("trusts_states");
    using Counter::Counter;
    void snapshot(udf::Sink sink) const { sink.write(std::to_string(count)); }
    void restore(uint32_t, std::string_view state) {
        if (state.find_first_not_of("0123456789") != state.npos) std::abort();
        count = std::atoll(std::string(state).c_str());
    }
};

struct HasNoSnapshot : Counter {
    static constexpr udf::Info info = stream("has_no_snapshot");
    using Counter::Counter;
};

struct EmitsNan : Mirror {
    static constexpr udf::Info info = stream("emits_nan");
    using Mirror::Mirror;
    void points(std::span<const udf::Point> run) {
        const std::array fields{udf::field("ratio", std::numeric_limits<double>::quiet_NaN()), udf::field("n", 1.0)};
        for (const udf::Point& p : run) host.emit(p.with(fields));
    }
};

struct LosesItsGroup : Mirror {
    static constexpr udf::Info info = stream("loses_its_group");
    using Mirror::Mirror;
    void points(std::span<const udf::Point> run) {
        const std::array fields{udf::field("n", 1.0)};
        for (const udf::Point& p : run) {
            udf_point made{};
            made.name = p.name;
            made.time = p.time;
            made.fields = fields.data();
            made.field_count = fields.size();
            host.emit(made);
        }
    }
};

}  // namespace

extern "C" UDF_EXPORT const udf_plugin* udf_plugin_v1(void) {
    using namespace udf::detail;
    static const udf_algorithm* const algorithms[] = {
        algorithm<NeedsFields>(),       algorithm<GivesUp>(),         &throws_across,
        algorithm<FearsLargeBatches>(), algorithm<NeverTheSame>(),    algorithm<CountsRuns>(),
        algorithm<ForgetsWhenAsked>(),  algorithm<RestoresNothing>(), algorithm<TrustsStates>(),
        algorithm<HasNoSnapshot>(),     algorithm<EmitsNan>(),        algorithm<LosesItsGroup>()};
    static const udf_plugin plugin = {sizeof(udf_plugin), UDF_TARGET_MINOR, algorithms, std::size(algorithms), 0};
    return &plugin;
}
