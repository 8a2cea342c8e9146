// SPDX-License-Identifier: MIT
#include "cli/supervise.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/serve_options.h"
#include "cli/serving.h"
#include "supervisor/connection.h"
#include "supervisor/worker.h"
#include "wire/endpoint.h"

namespace cli {
namespace {

struct SuperviseOptions {
    Serving serving;
    LogOptions log;
    std::vector<std::string> command;
    std::string connect;
};

// Of a command, for whoever watches: that of its program, or of the script that this is to run.
std::string name_of(const std::vector<std::string>& command) {
    const auto is_interpreter = [](const std::string& name) {
        for (const char* known : {"python", "perl", "ruby", "node", "bash", "sh", "env"})
            if (name.starts_with(known)) return true;
        return false;
    };
    std::string name;
    for (const std::string& word : command) {
        if (word.starts_with('-')) continue;
        name = std::filesystem::path(word).filename();
        if (!is_interpreter(name)) break;
    }
    return name;
}

supervisor::Settings settings_of(const SuperviseOptions& options) {
    supervisor::Settings settings = supervision_of(options.serving);
    settings.own_agent = false;
    if (!options.connect.empty()) {
        settings.function = settings.algorithm = options.connect;
        settings.starts_for_ever = true;
        settings.start = [endpoint = wire::parse_endpoint(options.connect)] {
            return std::make_unique<supervisor::WorkerConnection>(endpoint);
        };
        return settings;
    }
    settings.function = fmt::format("{}", fmt::join(options.command, " "));
    settings.algorithm = name_of(options.command);
    settings.start = [command = supervisor::WorkerProcess::Command{.words = options.command,
                                                                   .memory_limit = settings.memory_limit}] {
        return std::make_unique<supervisor::WorkerProcess>(command);
    };
    return settings;
}

}  // namespace

void add_supervise(CLI::App& app) {
    const auto options = std::make_shared<SuperviseOptions>();
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
    add_log(command, options->log);
    add_serving(command, options->serving);
    add_supervision(command, options->serving);
    command.footer(
        "\nExamples:\n"
        "  udf-host supervise -- python3 my_udf.py\n"
        "  udf-host supervise --connect unix:/run/my_udf.sock");
    command.callback([&command, options] {
        set_log(log_of(command, options->log));
        if (options->command.empty() && options->connect.empty())
            throw CLI::RequiredError("-- COMMAND, or --connect ENDPOINT,");
        if (on_socket(command)) return supervise_socket(options->serving, [&] { return settings_of(*options); });
        supervise_stdio(options->serving, settings_of(*options));
    });
}

}  // namespace cli
