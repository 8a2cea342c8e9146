// SPDX-License-Identifier: MIT
//
// Sleeps in its first call with points, then is a mirror.
#include <chrono>
#include <thread>
#include <udf_plugin.hpp>
#include <utility>

struct Slow {
    static constexpr udf::Option options[] = {
        {"seconds", {UDF_DOUBLE}, "how long the first call takes", udf::required}};
    static constexpr udf::Info info{.name = "slow", .wants = UDF_STREAM, .provides = UDF_STREAM, .options = options};

    Slow(udf::Host host, const udf::Args& args) : host(host), left(args.get<double>("seconds")) {}

    void points(std::span<const udf::Point> run) {
        std::this_thread::sleep_for(std::exchange(left, {}));
        host.emit(run);
    }

    udf::Host host;
    std::chrono::duration<double> left;
};
UDF_PLUGIN(Slow)
