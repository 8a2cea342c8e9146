// SPDX-License-Identifier: MIT
#include "cli/log_level.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/instances.h"
#include "log/log.h"
#include "metrics/activity.h"
#include "server/control_client.h"
#include "text/near_name.h"

namespace cli {
namespace {

struct LogLevelOptions {
    std::string level;
    std::vector<std::string> names;
};

bool runs(const Instance& instance, const std::string& algorithm) {
    return std::ranges::any_of(instance.connections,
                               [&](const metrics::Session& session) { return session.algorithm == algorithm; });
}

// False where that did not work, which has been said.
bool tell(const Instance& instance, const std::string& request, const std::string& what) {
    const auto answers = server::ask({instance.socket}, request, std::chrono::seconds(1));
    const bool told =
        !answers.empty() && answers[0].problem.empty() && answers[0].line.find("\"error\"") == std::string::npos;
    if (told)
        fmt::print("{}: {}\n", instance.process, what);
    else
        logging::error(fmt::format("process {} has not changed its level: {}", instance.process,
                                   answers.empty()              ? "it has ended"
                                   : answers[0].problem.empty() ? "it does not understand"
                                                                : answers[0].problem));
    return told;
}

bool change(const LogLevelOptions& options) {
    const std::vector<Instance> all = instances();
    const std::string request = "log-level " + options.level;
    bool well = true;
    if (options.names.empty()) {
        if (all.empty()) fmt::print("nothing is running\n");
        for (const Instance& instance : all) well &= tell(instance, request, options.level);
        return well;
    }
    for (const std::string& name : options.names) {
        bool found = false;
        for (const Instance& instance : all) {
            if (name == std::to_string(instance.process)) {
                found = true;
                well &= tell(instance, request, options.level);
            } else if (runs(instance, name)) {
                found = true;
                well &=
                    tell(instance, fmt::format("{} {}", request, name), fmt::format("{} for {}", options.level, name));
            }
        }
        if (found) continue;
        std::set<std::string_view> running;
        for (const Instance& instance : all)
            for (const metrics::Session& session : instance.connections) running.insert(session.algorithm);
        logging::error(fmt::format("no process of udf-host runs '{}', or has that number{}; see udf-host status", name,
                                   text::did_you_mean(name, {running.begin(), running.end()})));
        well = false;
    }
    return well;
}

}  // namespace

void add_log_level_command(CLI::App& app) {
    const auto options = std::make_shared<LogLevelOptions>();
    CLI::App& command =
        *app.add_subcommand("log-level", "Change what running udf-host processes and their workers log");
    command.add_option("level", options->level, "The least that is logged: debug, info, warning, error")
        ->type_name("LEVEL")
        ->required()
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}).description(""));
    command
        .add_option(
            "names", options->names,
            "Of these alone: the numbers of processes, or algorithms, of which in a server the workers are meant")
        ->type_name("ALGORITHM|PID");
    command.footer(
        "\nIt holds until the process ends, also for workers that are started later; a server that reads its "
        "configuration again (SIGHUP) takes the level from there. A worker follows with the next input that it gets.");
    command.callback([options] {
        if (!change(*options)) throw CLI::RuntimeError(1);
    });
}

}  // namespace cli
