// SPDX-License-Identifier: MIT
#include "cli/loading.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "agent/thread_stack.h"
#include "agent/watch.h"
#include "log/log.h"
#include "plugin/load.h"
#include "plugin/path.h"

namespace cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kHeartbeatAfter{250};

}  // namespace

Algorithm load(const Wanted& wanted, const agent::Overtime::Limits& limits, const LoadWatch& watch) {
    using Clock = agent::Watch::Clock;
    const auto began = Clock::now();
    std::optional<Clock::time_point> alone_since;
    const pthread_t loader = ::pthread_self();
    const auto again = std::min(limits.drain / 4, kHeartbeatAfter);
    const auto limit = limits.handler.count() != 0 ? std::min(limits.handler, limits.load) : limits.load;
    agent::Watch thread(again, [&] {
        const auto now = Clock::now();
        if (!alone_since && watch.nobody_waits()) alone_since = now;
        watch.still_loading();
        if (alone_since && now - *alone_since >= limits.drain) watch.give_up({});
        if (now - began >= limit) {
            const std::string reason = fmt::format("{} hangs while it is loaded: it has taken {:g} s", wanted.plugin,
                                                   std::chrono::duration<double>(limit).count());
            logging::error({.algorithm = wanted.algorithm}, "the plugin hangs while it is loaded",
                           {{"plugin", wanted.plugin}, {"cause", reason}, {"stack", agent::describe_stack(loader)}});
            watch.give_up(reason);
        }
        return again;
    });
    thread.begin();
    plugin::Plugin plugin = plugin::load(plugin::find(wanted.plugin, wanted.path()), wanted.kept);
    thread.end();
    const udf_algorithm& table = plugin.algorithm(wanted.algorithm);
    std::string file = plugin.file().filename();
    return {.plugin = std::move(plugin), .table = table, .file = std::move(file)};
}

}  // namespace cli
