// SPDX-License-Identifier: MIT
//
// Algorithms that fail, or do not come back, at every station of their life.
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <udf_plugin.hpp>
#include <vector>

namespace {

[[noreturn]] void never_return() {
    for (;;) ::pause();
}

struct Mirror {
    explicit Mirror(udf::Host h, const udf::Args& = {nullptr, 0}) : host(h) {}
    void point(const udf::Point& p) const { host.emit(p); }
    udf::Host host;
};

struct Throws : Mirror {
    static constexpr udf::Info info{.name = "throws", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Mirror::Mirror;
    void point(const udf::Point& p) const {
        host.emit(p);
        if (p.time == 2) throw std::out_of_range("no such bucket");
    }
};

struct ThrowsNumber : Mirror {
    static constexpr udf::Info info{.name = "throws_number", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Mirror::Mirror;
    void point(const udf::Point&) const { throw 42; }
};

struct CreateFails : Mirror {
    static constexpr udf::Info info{.name = "create_fails", .wants = UDF_STREAM, .provides = UDF_STREAM};
    CreateFails(udf::Host h, const udf::Args& args) : Mirror(h, args) { throw std::runtime_error("no model file"); }
};

struct HangsInCreate : Mirror {
    static constexpr udf::Info info{.name = "hangs_in_create", .wants = UDF_STREAM, .provides = UDF_STREAM};
    HangsInCreate(udf::Host h, const udf::Args& args) : Mirror(h, args) { never_return(); }
};

struct HangsInPoints : Mirror {
    static constexpr udf::Info info{.name = "hangs_in_points", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Mirror::Mirror;
    void point(const udf::Point& p) const {
        if (p.time == 2) never_return();
        host.emit(p);
    }
};

struct HangsInStop : Mirror {
    static constexpr udf::Info info{.name = "hangs_in_stop", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Mirror::Mirror;
    void stop() const { never_return(); }
};

struct HangsInDestroy : Mirror {
    static constexpr udf::Info info{.name = "hangs_in_destroy", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Mirror::Mirror;
    ~HangsInDestroy() { never_return(); }
};

// Its snapshot has a gigabyte.
struct HugeState : Mirror {
    static constexpr udf::Info info{.name = "huge_state", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Mirror::Mirror;
    void snapshot(udf::Sink sink) const {
        const std::string piece(1u << 20, 's');
        for (int i = 0; i < 1024; ++i) sink.write(piece);
    }
    void restore(uint32_t, std::string_view) {}
};

struct RefusesState : Mirror {
    static constexpr udf::Info info{.name = "refuses_state", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Mirror::Mirror;
    void snapshot(udf::Sink sink) const { sink.write("state"); }
    void restore(uint32_t, std::string_view) { throw std::runtime_error("not this state"); }
};

// A thread of its goes on emitting whatever happens, also after the handler is gone.
struct EmitsAfterStop : Mirror {
    static constexpr udf::Info info{.name = "emits_after_stop", .wants = UDF_STREAM, .provides = UDF_STREAM};
    EmitsAfterStop(udf::Host h, const udf::Args& args) : Mirror(h, args), thread([this] { run(); }) {}
    ~EmitsAfterStop() { thread.join(); }
    void run() const try {
        const udf_field f = udf::field("v", 1.0);
        udf_point p{};
        p.time = 1;
        p.name = udf::str("made");
        p.fields = &f;
        p.field_count = 1;
        for (;;) host.emit(p);
    } catch (const udf::Closed&) {
        host.info("told that the stream is closed");
    }
    std::thread thread;
};

struct EightThreads : Mirror {
    static constexpr udf::Info info{.name = "eight_threads", .wants = UDF_STREAM, .provides = UDF_STREAM};
    using Mirror::Mirror;
    void points(std::span<const udf::Point> points) {
        std::vector<std::thread> threads;
        for (size_t t = 0; t < 8; ++t)
            threads.emplace_back([&, t] {
                for (size_t i = t; i < points.size(); i += 8) host.emit(points[i]);
            });
        for (std::thread& t : threads) t.join();
    }
};

}  // namespace

// The plain C way to do it: says that it failed, and not why.
namespace {
const udf_algorithm fails_silently = [] {
    udf_algorithm a = *udf::detail::algorithm<Throws>();
    a.name = "fails_silently";
    a.points = [](void*, const udf_point*, size_t) { return int{UDF_ERROR}; };
    return a;
}();
// And one that lets an exception cross the interface.
const udf_algorithm throws_across = [] {
    udf_algorithm a = *udf::detail::algorithm<Throws>();
    a.name = "throws_across";
    a.points = [](void*, const udf_point*, size_t) -> int { throw 42; };
    return a;
}();
}  // namespace

extern "C" UDF_EXPORT const udf_plugin* udf_plugin_v1(void) {
    static const udf_algorithm* const algorithms[] = {udf::detail::algorithm<Throws>(),
                                                      udf::detail::algorithm<ThrowsNumber>(),
                                                      udf::detail::algorithm<CreateFails>(),
                                                      udf::detail::algorithm<HangsInCreate>(),
                                                      udf::detail::algorithm<HangsInPoints>(),
                                                      udf::detail::algorithm<HangsInStop>(),
                                                      udf::detail::algorithm<HangsInDestroy>(),
                                                      udf::detail::algorithm<HugeState>(),
                                                      udf::detail::algorithm<RefusesState>(),
                                                      udf::detail::algorithm<EmitsAfterStop>(),
                                                      udf::detail::algorithm<EightThreads>(),
                                                      &fails_silently,
                                                      &throws_across};
    static const udf_plugin plugin = [] {
        udf_plugin p{};
        p.struct_size = sizeof p;
        p.algorithms = algorithms;
        p.algorithm_count = std::size(algorithms);
        return p;
    }();
    return &plugin;
}
