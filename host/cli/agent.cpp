// SPDX-License-Identifier: MIT
#include "cli/agent.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "agent/refusal.h"
#include "cli/kept_file.h"
#include "cli/loading.h"
#include "cli/serving.h"
#include "plugin/file_change.h"

#include "plugin/path.h"
#include "process/spawn.h"
#include "server/exit_deadline.h"
#include "server/last_words.h"
#include "server/signal_reaction.h"
#include "server/socket.h"
#include "server/stderr_relay.h"
#include "server/stdio.h"
#include "supervisor/supervisor.h"
#include "supervisor/worker.h"
#include "wire/shared_channel.h"

namespace cli {
namespace {

using std::chrono::milliseconds;

constexpr const char* kOurselves = "/proc/self/exe";  // also where another has been installed since
// For ourselves, what a supervisor starts: of --isolation; and what is loaded in the place of the plugin's file.
constexpr const char *kWorker = "worker", *kKeptFile = "--kept-file";

struct Options {
    Wanted plugin;
    Serving serving;
    std::string isolation = "process";
};

agent::Settings settings_of(const Options& options) {
    const Serving& serving = options.serving;
    agent::Settings settings;
    // What is more than nothing is not rounded to nothing, and no limit is so short that looking for it is all we do.
    constexpr milliseconds kLeast{20};
    settings.limits.handler = from_seconds(serving.handler_timeout);
    if (serving.handler_timeout > 0) settings.limits.handler = std::max(settings.limits.handler, kLeast);
    settings.limits.drain = std::max(from_seconds(serving.drain_timeout), kLeast);
    settings.guard = serving.guard;
    settings.frame_limit = serving.frame_limit << 20;
    settings.supervised = options.isolation == kWorker;
    return settings;
}

// The agents at work, to be asked how things stand.
class Agents {
public:
    bool serve(agent::Agent& agent) {
        {
            const std::lock_guard lock(mutex_);
            agents_.insert(&agent);
        }
        const bool clean = agent.serve();
        const std::lock_guard lock(mutex_);
        agents_.erase(&agent);
        return clean;
    }
    void report() const {
        const std::lock_guard lock(mutex_);
        spdlog::info("connections: {}", agents_.size());
        for (const agent::Agent* agent : agents_) agent->report();
    }

private:
    mutable std::mutex mutex_;
    std::set<agent::Agent*> agents_;
};

[[noreturn]] void leave(int status) {
    server::flush_stderr();
    ::_exit(status);
}

// Kapacitor gets the reason, and does not wait for it longer than it has to.
[[noreturn]] void refuse_and_leave(const Options& options, wire::Channel& channel, const std::string& reason) {
    bool clean = false;
    try {
        clean = agent::refuse(channel, reason,
                              options.serving.defer_load_errors ? agent::Boot::goes_on : agent::Boot::fails);
    } catch (const std::exception& e) {
        spdlog::error("{}", e.what());
    }
    leave(clean && options.serving.defer_load_errors ? 0 : 1);
}

void warn_of_terminal(const Options& options) {
    spdlog::warn("waiting for Kapacitor's protocol on a terminal; to try an algorithm: udf-host run --plugin {}",
                 options.plugin.plugin);
}

// A supervisor gives its worker the other end of shared memory. Descriptors of `stdio` are closed in forked children,
// by number: those that are not moved from stay open.
std::unique_ptr<wire::Channel> connect(const Options& options, server::Stdio& stdio) {
    struct stat input {};
    if (options.isolation == kWorker && ::fstat(stdio.input.get(), &input) == 0 && S_ISSOCK(input.st_mode))
        return std::make_unique<wire::SharedChannel>(stdio.input.get());
    return std::make_unique<wire::FdChannel>(std::move(stdio.input), std::move(stdio.output));
}

void serve_stdio(const Options& options) {
    const bool on_terminal = ::isatty(STDIN_FILENO) != 0;
    if (on_terminal)
        warn_of_terminal(options);
    else if (options.isolation != kWorker)
        ::setpgid(0, 0);  // a plugin that signals its process group must not reach Kapacitor
    const agent::Settings settings = settings_of(options);
    Agents agents;
    const server::SignalReaction report(SIGUSR1, [&agents] { agents.report(); });
    server::Stdio stdio = server::take_stdio();
    server::relay_stderr();
    const server::LastWords last_words("plugin " + options.plugin.plugin);
    const auto connected = connect(options, stdio);
    wire::Channel& channel = *connected;
    std::optional<Algorithm> algorithm;
    try {
        algorithm.emplace(load(options.plugin, settings.limits,
                               {.nobody_waits = [&] { return channel.input_closed(); },
                                .still_loading = [&] { agent::send_heartbeat(channel); },
                                .give_up =
                                    [&](const std::string& reason) {
                                        if (reason.empty()) leave(1);
                                        refuse_and_leave(options, channel, reason);
                                    }}));
    } catch (const std::exception& e) {
        if (on_terminal) throw;
        spdlog::error("{}", e.what());
        refuse_and_leave(options, channel, e.what());
    }
    agent::Agent agent(algorithm->table, algorithm->file, channel, settings, [] { leave(1); });
    const int status = agents.serve(agent) ? 0 : 1;
    server::exit_within(settings.limits.drain, status);
    if (status != 0) throw CLI::RuntimeError(status);
}

// Of SIGINT and SIGTERM, which are blocked.
bool told_to_stop() {
    sigset_t pending;
    return ::sigpending(&pending) == 0 &&
           (::sigismember(&pending, SIGINT) == 1 || ::sigismember(&pending, SIGTERM) == 1);
}

void serve_socket(const Options& options) {
    const agent::Settings settings = settings_of(options);
    Agents agents;
    const server::SignalReaction report(SIGUSR1, [&agents] { agents.report(); });
    server::block_stop_signals();
    server::relay_stderr();
    const server::LastWords last_words("plugin " + options.plugin.plugin);
    std::optional<Algorithm> algorithm;
    std::string reason;
    try {
        algorithm.emplace(load(
            options.plugin, settings.limits,
            {.nobody_waits = told_to_stop, .still_loading = [] {}, .give_up = [](const std::string&) { leave(1); }}));
    } catch (const std::exception& e) {
        if (!options.serving.defer_load_errors) throw;
        reason = e.what();
        spdlog::error("{}; going on, to say so to each task (--defer-load-errors)", reason);
    }
    const auto serve = [&](wire::Channel& channel, std::function<void()> abandon) {
        const server::SignalStack stack;
        if (!algorithm) {
            agent::refuse(channel, reason, agent::Boot::goes_on);
            return;
        }
        agent::Agent agent(algorithm->table, algorithm->file, channel, settings, std::move(abandon));
        agents.serve(agent);
    };
    bool ended = false;
    try {
        ended = server::serve_socket(socket_of(options.serving), serve);
    } catch (const std::exception& e) {
        spdlog::error("{}", e.what());
        leave(1);  // connections may still be served
    }
    if (!ended) leave(0);  // threads still run: nothing of theirs may be torn down
    server::exit_within(settings.limits.drain, 0);
}

// ---- Under supervision ----

// What a worker is started with: what we were, but for what is the supervisor's.
std::vector<std::string> worker_words(const CLI::App& app) {
    std::vector<std::string> command{app.get_name(), "--isolation", kWorker};
    for (const CLI::Option* option : app.get_options()) {
        const std::string name = option->get_name();
        const bool serving = option->get_group() == "Supervision" || name == "--isolation";
        const bool socket = name.starts_with("--socket") || name == "--listen" || name == "--stop-timeout";
        if (option->count() == 0 || serving || socket) continue;
        if (option->get_items_expected_max() == 0) {
            command.push_back(name);
        } else {
            for (const std::string& value : option->results()) command.insert(command.end(), {name, value});
        }
    }
    return command;
}

supervisor::Settings supervision(const CLI::App& app, const Options& options, const std::filesystem::path& file) {
    supervisor::Settings settings = supervision_of(options.serving);
    const std::string& algorithm = options.plugin.algorithm;
    settings.function = fmt::format("plugin {}{}{}", std::filesystem::path(options.plugin.plugin).filename().native(),
                                    algorithm.empty() ? "" : ", algorithm ", algorithm);
    supervisor::WorkerProcess::Command command;
    command.words = worker_words(app);
    command.program = kOurselves;
    command.over = supervisor::Speaks::shared_memory;
    command.memory_limit = settings.memory_limit;
    const auto kept = std::make_shared<KeptFile>(file);
    settings.start = [kept, command] {
        kept->worker_starts();
        return std::make_unique<supervisor::WorkerProcess>(command);
    };
    settings.keep = [kept] { return kept->worker_works(); };
    settings.start_kept = [kept, command] {
        supervisor::WorkerProcess::Command of_kept = command;
        of_kept.words.insert(of_kept.words.end(), {kKeptFile, kept->path()});
        return std::make_unique<supervisor::WorkerProcess>(of_kept);
    };
    settings.changed = [change = plugin::FileChange(file)]() mutable { return change.happened(); };
    return settings;
}

// Whoever starts a server wants to know at once that it cannot serve. Loads the plugin in a worker that has no input.
bool can_serve(const CLI::App& app) {
    const wire::unique_fd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    process::Plan plan;
    plan.command = worker_words(app);
    plan.program = kOurselves;
    plan.input = plan.output = nothing.get();
    plan.dies_with_us = true;
    const pid_t worker = process::spawn(plan);
    int status = 0;
    while (::waitpid(worker, &status, 0) < 0 && errno == EINTR) {
    }
    if (const std::string failure = process::failure(status); WIFSIGNALED(status))
        spdlog::error("plugin {}: while it was loaded, the worker {}", app.get_option("--plugin")->as<std::string>(),
                      failure);
    return status == 0;
}

void supervise(const CLI::App& app, const Options& options) {
    std::filesystem::path file;
    try {
        file = plugin::find(options.plugin.plugin, plugin::search_path(options.plugin.plugins_dir));
    } catch (const std::exception&) {  // there is nothing to supervise, and who asks is told why
        return on_socket(app) ? serve_socket(options) : serve_stdio(options);
    }
    const auto settings = [&app, &options, file] { return supervision(app, options, file); };
    if (!on_socket(app)) {
        if (::isatty(STDIN_FILENO) != 0) warn_of_terminal(options);
        return supervise_stdio(settings());
    }
    if (!options.serving.defer_load_errors && !can_serve(app)) throw CLI::RuntimeError(1);
    supervise_socket(options.serving, settings);
}

}  // namespace

void add_agent(CLI::App& app) {
    const auto options = std::make_shared<Options>();
    app.add_option("--plugin", options->plugin.plugin,
                   "The plugin: a file, or a name to look up in the plugins directory")
        ->type_name("NAME_OR_PATH");
    app.add_option("--algorithm", options->plugin.algorithm, "The algorithm, where the plugin has more than one")
        ->type_name("NAME");
    app.add_option("--plugins-dir", options->plugin.plugins_dir,
                   "Where plugins are looked up (else $UDF_HOST_PLUGINS, directories with ':' between, else the "
                   "installed directory)")
        ->type_name("DIR");
    app.add_option(kKeptFile, options->plugin.kept)->group("");
    add_serving(app, options->serving);
    app.add_option(
           "--isolation", options->isolation,
           "process: the algorithm runs in a worker, and the task outlives its crashes and hangs; none: in this "
           "process")
        ->type_name("MODE")
        ->capture_default_str()
        ->check([](const std::string& mode) {
            const bool known = mode == "process" || mode == "none" || mode == kWorker;
            return known ? std::string() : fmt::format("'{}' is neither process nor none", mode);
        })
        ->group("Supervision");
    add_supervision(app, options->serving);
    app.final_callback([&app, options] {
        if (!app.get_subcommands().empty()) return;
        if (!options->plugin.kept.empty() && options->isolation != kWorker)
            throw CLI::ValidationError(kKeptFile, "is for the workers of a supervisor");
        if (app.count("--plugin") == 0) throw CLI::RequiredError("--plugin, or a subcommand,");
        if (options->isolation == "process") return supervise(app, *options);
        for (const CLI::Option* option : app.get_options())
            if (option->get_group() == "Supervision" && option->count() != 0 && option->get_name() != "--isolation")
                throw CLI::RequiresError(option->get_name(), "--isolation process");
        if (on_socket(app)) return serve_socket(*options);
        serve_stdio(*options);
    });
}

}  // namespace cli
