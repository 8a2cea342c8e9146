// SPDX-License-Identifier: MIT
#include "cli/loading.h"

#include <pthread.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>

#include "agent/thread_stack.h"
#include "agent/watch.h"
#include "plugin/load.h"
#include "plugin/path.h"
#include "server/stderr_relay.h"

namespace cli {

Algorithm load_algorithm(const Wanted& wanted) {
    static const udf_algorithm broken = [] {
        udf_algorithm none{};  // of which only the name and the edges are ever looked at
        none.name = "algorithm";
        return none;
    }();
    try {
        Algorithm found;
        found.plugin = plugin::load(plugin::find(wanted.name, plugin::search_path(wanted.plugins_dir)));
        found.table = &found.plugin->algorithm(wanted.algorithm);
        found.file = found.plugin->file().filename();
        return found;
    } catch (const std::exception& e) {
        if (!wanted.defer_errors) throw;
        spdlog::error("{}; going on, to say so when a task starts (--defer-load-errors)", e.what());
        return {.plugin = {}, .table = &broken, .file = wanted.name, .load_error = e.what()};
    }
}

Algorithm load_watched(const Wanted& wanted, wire::Channel& channel, const agent::Overtime::Limits& limits) {
    using Clock = agent::Watch::Clock;
    const auto began = Clock::now();
    std::optional<Clock::time_point> ended;
    const pthread_t loader = ::pthread_self();
    agent::Watch watch(limits.drain / 4, [&] {
        const auto now = Clock::now();
        if (!ended && channel.input_closed()) ended = now;
        if (ended && now - *ended >= limits.drain) {
            spdlog::error("{} did not load in time, and nobody waits for it any more", wanted.name);
            server::flush_stderr();
            ::_exit(1);
        }
        if (limits.handler.count() != 0 && now - began >= limits.handler) {
            spdlog::error("{} hangs while it is loaded (--handler-timeout is {:g} s)", wanted.name,
                          std::chrono::duration<double>(limits.handler).count());
            for (const std::string& frame : agent::stack_of(loader)) spdlog::error("{}: in {}", wanted.name, frame);
            server::flush_stderr();
            ::_exit(1);
        }
        return limits.drain / 4;
    });
    watch.begin();
    Algorithm algorithm = load_algorithm(wanted);
    watch.end();
    return algorithm;
}

}  // namespace cli
