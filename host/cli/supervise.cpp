// SPDX-License-Identifier: MIT
#include "cli/supervise.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/serving.h"
#include "supervisor/connection.h"
#include "supervisor/worker.h"
#include "wire/endpoint.h"

namespace cli {
namespace {

struct Options {
    Serving serving;
    std::vector<std::string> command;
    std::string connect;
};

supervisor::Settings settings_of(const Options& options) {
    supervisor::Settings settings = supervision_of(options.serving);
    settings.own_agent = false;
    if (!options.connect.empty()) {
        settings.function = options.connect;
        settings.starts_for_ever = true;
        settings.start = [endpoint = wire::parse_endpoint(options.connect)] {
            return std::make_unique<supervisor::WorkerConnection>(endpoint);
        };
        return settings;
    }
    settings.function = fmt::format("{}", fmt::join(options.command, " "));
    settings.start = [command = supervisor::WorkerProcess::Command{.words = options.command,
                                                                   .memory_limit = settings.memory_limit}] {
        return std::make_unique<supervisor::WorkerProcess>(command);
    };
    return settings;
}

}  // namespace

void add_supervise(CLI::App& app) {
    const auto options = std::make_shared<Options>();
    CLI::App& command = *app.add_subcommand(
        "supervise", "Keep the task of any function alive, and Kapacitor safe from it: put this in front of it");
    command.add_option("command", options->command, "The function's command, after --")->type_name("COMMAND ARGS...");
    command
        .add_option(
            "--connect", options->connect,
            "Where the function listens, in place of a command: unix:PATH or tcp:HOST:PORT; dialled again for as "
            "long as Kapacitor is there")
        ->type_name("ENDPOINT")
        ->check([](const std::string& text) {
            try {
                wire::parse_endpoint(text);
                return std::string();
            } catch (const std::invalid_argument& e) {
                return std::string(e.what());
            }
        })
        ->excludes("command");
    add_serving(command, options->serving);
    add_supervision(command, options->serving);
    command.callback([&command, options] {
        if (options->command.empty() && options->connect.empty())
            throw CLI::RequiredError("-- COMMAND, or --connect ENDPOINT,");
        if (on_socket(command)) return supervise_socket(options->serving, [&] { return settings_of(*options); });
        supervise_stdio(settings_of(*options));
    });
}

}  // namespace cli
