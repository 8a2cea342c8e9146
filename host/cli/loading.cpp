// SPDX-License-Identifier: MIT
#include "cli/loading.h"

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <optional>

#include "agent/thread_stack.h"
#include "agent/watch.h"
#include "plugin/load.h"
#include "plugin/path.h"

namespace cli {

Algorithm load(const Wanted& wanted, const agent::Overtime::Limits& limits, const LoadWatch& watch) {
    using Clock = agent::Watch::Clock;
    const auto began = Clock::now();
    std::optional<Clock::time_point> alone_since;
    const pthread_t loader = ::pthread_self();
    const auto again = limits.drain / 4;
    agent::Watch thread(again, [&] {
        const auto now = Clock::now();
        if (!alone_since && watch.nobody_waits()) alone_since = now;
        if (alone_since && now - *alone_since >= limits.drain) watch.give_up({});
        if (limits.handler.count() != 0 && now - began >= limits.handler) {
            const std::string reason =
                fmt::format("{} hangs while it is loaded (--handler-timeout is {:g} s)", wanted.plugin,
                            std::chrono::duration<double>(limits.handler).count());
            spdlog::error("{}", reason);
            for (const std::string& frame : agent::stack_of(loader)) spdlog::error("{}: in {}", wanted.plugin, frame);
            watch.give_up(reason);
        }
        return again;
    });
    thread.begin();
    plugin::Plugin plugin = plugin::load(plugin::find(wanted.plugin, plugin::search_path(wanted.plugins_dir)));
    thread.end();
    const udf_algorithm& table = plugin.algorithm(wanted.algorithm);
    std::string file = plugin.file().filename();
    return {.plugin = std::move(plugin), .table = table, .file = std::move(file)};
}

}  // namespace cli
