// SPDX-License-Identifier: MIT
#include "cli/agent.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "agent/refusal.h"
#include "agent/universal.h"
#include "cli/agent_options.h"
#include "cli/any.h"
#include "cli/kept_file.h"
#include "cli/loading.h"
#include "cli/own_worker.h"
#include "cli/serve_options.h"
#include "cli/serving.h"
#include "cli/watching.h"
#include "log/log.h"
#include "plugin/file_change.h"
#include "plugin/path.h"
#include "process/spawn.h"
#include "server/exit_deadline.h"
#include "server/last_words.h"
#include "server/socket.h"
#include "server/stderr_relay.h"
#include "server/stdio.h"
#include "supervisor/supervisor.h"
#include "supervisor/worker.h"
#include "wire/shared_channel.h"

namespace cli {
namespace {

using std::chrono::milliseconds;

agent::Settings settings_of(const AgentOptions& options) {
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

uint32_t edge_of(const std::string& name) { return name == "batch" ? UDF_BATCH : UDF_STREAM; }

// Kapacitor gets the reason, and does not wait for it longer than it has to.
[[noreturn]] void refuse_and_leave(const AgentOptions& options, wire::Channel& channel, const std::string& reason) {
    bool clean = false;
    try {
        clean = agent::refuse(channel, reason,
                              options.serving.defer_load_errors ? agent::Boot::goes_on : agent::Boot::fails);
    } catch (const std::exception& e) {
        logging::error("the cause could not be sent", {{"cause", e.what()}});
    }
    server::leave_now(clean && options.serving.defer_load_errors ? 0 : 1);
}

void warn_of_terminal(const AgentOptions& options) {
    logging::warning(
        fmt::format("waiting for Kapacitor's protocol on a terminal; to try an algorithm: udf-host run --plugin {}",
                    options.any ? "NAME" : options.plugin.plugin));
}

// Where nothing has been loaded, each connection has an algorithm of its own.
std::unique_ptr<agent::Agent> agent_of(const AgentOptions& options, const std::optional<Algorithm>& algorithm,
                                       wire::Channel& channel, const agent::Settings& settings,
                                       std::function<void()> abandon) {
    if (algorithm)
        return std::make_unique<agent::Agent>(algorithm->table, algorithm->file, channel, settings, std::move(abandon));
    const Any any{.wants = edge_of(options.wants),
                  .provides = edge_of(options.provides),
                  .path = options.plugin.path(),
                  .kept = options.plugin.kept};
    const agent::Chooser chooser{agent::universal_function(any.wants, any.provides),
                                 [any](const wire::pb::InitRequest& request) { return choose(any, request); }};
    return std::make_unique<agent::Agent>(chooser, channel, settings, std::move(abandon));
}

// A supervisor gives its worker the other end of shared memory. Descriptors of `stdio` are closed in forked children,
// by number: those that are not moved from stay open.
std::unique_ptr<wire::Channel> connect(const AgentOptions& options, server::Stdio& stdio) {
    struct stat input {};
    if (options.isolation == kWorker && ::fstat(stdio.input.get(), &input) == 0 && S_ISSOCK(input.st_mode))
        return std::make_unique<wire::SharedChannel>(stdio.input.get());
    auto channel = std::make_unique<wire::FdChannel>(std::move(stdio.input), std::move(stdio.output));
    record(options.serving.record, *channel, function_of(options));
    return channel;
}

void serve_stdio(const AgentOptions& options) {
    const bool on_terminal = ::isatty(STDIN_FILENO) != 0;
    if (on_terminal)
        warn_of_terminal(options);
    else if (options.isolation != kWorker)
        ::setpgid(0, 0);  // a plugin that signals its process group must not reach Kapacitor
    agent::Settings settings = settings_of(options);
    Watching watching;
    server::Stdio stdio = server::take_stdio();
    server::relay_stderr();
    if (options.isolation != kWorker) {
        watching.open_control("stdio");
        watching.tell(options.serving.metrics);
    }
    const server::LastWords last_words({.algorithm = algorithm_of(options)}, options.plugin.plugin);
    const auto connected = connect(options, stdio);
    wire::Channel& channel = *connected;
    if (const auto* shared = dynamic_cast<const wire::SharedChannel*>(connected.get()))
        settings.activity = std::static_pointer_cast<metrics::Activity>(shared->beside());
    std::optional<Algorithm> algorithm;
    try {
        if (!options.any)
            algorithm.emplace(load(options.plugin, settings.limits,
                                   {.nobody_waits = [&] { return channel.input_closed(); },
                                    .still_loading = [&] { agent::send_heartbeat(channel); },
                                    .give_up =
                                        [&](const std::string& reason) {
                                            if (reason.empty()) server::leave_now(1);
                                            refuse_and_leave(options, channel, reason);
                                        }}));
    } catch (const std::exception& e) {
        if (on_terminal) throw;
        logging::error(e.what());
        refuse_and_leave(options, channel, e.what());
    }
    const auto agent = agent_of(options, algorithm, channel, settings, [] { server::leave_now(1); });
    int status = 0;
    {
        const metrics::Registry::Entry entry(watching.registry(), *agent);
        status = agent->serve() ? 0 : 1;
    }
    server::exit_within(settings.limits.drain, status);
    if (status != 0) throw CLI::RuntimeError(status);
}

// Of SIGINT and SIGTERM, which are blocked.
bool told_to_stop() {
    sigset_t pending;
    return ::sigpending(&pending) == 0 &&
           (::sigismember(&pending, SIGINT) == 1 || ::sigismember(&pending, SIGTERM) == 1);
}

void serve_socket(const AgentOptions& options) {
    const agent::Settings settings = settings_of(options);
    Watching watching;
    server::block_stop_signals();
    server::relay_stderr();
    watching.open_control("socket");
    watching.tell(options.serving.metrics);
    const server::LastWords last_words({.algorithm = algorithm_of(options)}, options.plugin.plugin);
    std::optional<Algorithm> algorithm;
    std::string reason;
    try {
        if (!options.any)
            algorithm.emplace(load(options.plugin, settings.limits,
                                   {.nobody_waits = told_to_stop,
                                    .still_loading = [] {},
                                    .give_up = [](const std::string&) { server::leave_now(1); }}));
    } catch (const std::exception& e) {
        if (!options.serving.defer_load_errors) throw;
        reason = e.what();
        logging::error("going on without the plugin, to say so to each task (--defer-load-errors)",
                       {{"cause", reason}});
    }
    const auto serve = [&](wire::FdChannel& channel, std::function<void()> abandon) {
        const server::SignalStack stack;
        record(options.serving.record, channel, function_of(options));
        if (!algorithm && !options.any) {
            agent::refuse(channel, reason, agent::Boot::goes_on);
            return;
        }
        const auto agent = agent_of(options, algorithm, channel, settings, std::move(abandon));
        const metrics::Registry::Entry entry(watching.registry(), *agent);
        agent->serve();
    };
    bool ended = false;
    try {
        ended = server::serve_socket(socket_of(options.serving), serve);
    } catch (const std::exception& e) {
        logging::error(e.what());
        server::leave_now(1);  // connections may still be served
    }
    if (!ended) {
        watching.tell_last();
        server::leave_now(0);  // threads still run: nothing of theirs may be torn down
    }
    server::exit_within(settings.limits.drain, 0);
}

// ---- Under supervision ----

// What a worker is started with: what we were, but for what is the supervisor's. It looks for the plugin where we
// found it: the environment may tell it another place than us.
std::vector<std::string> worker_words(const CLI::App& app, const AgentOptions& options,
                                      const std::filesystem::path& file) {
    std::vector<std::string> command{app.get_name(), "--isolation", kWorker};
    for (const CLI::Option* option : app.get_options()) {
        const std::string name = option->get_name();
        const bool serving = option->get_group() == kSupervision || name == "--isolation" || name == "--config";
        const bool socket = name.starts_with("--socket") || name == "--listen" || name == "--stop-timeout";
        if (option->count() == 0 || serving || socket || is_of_record(name) || is_of_metrics(name)) continue;
        const bool flag = option->get_items_expected_max() == 0;
        for (const std::string& value : option->results())
            if (flag)
                command.push_back(fmt::format("{}={}", name, value));
            else
                command.insert(command.end(), {name, value});
    }
    if (app.count("--plugins-dir") != 0) return command;
    for (const auto& directory : file.empty() ? options.plugin.path() : plugin::SearchPath{file.parent_path()})
        if (!directory.empty()) command.insert(command.end(), {"--plugins-dir", directory});
    return command;
}

// Of a plugin's file; empty where the plugin is known only once a task says which algorithm it wants.
supervisor::Settings supervision(const CLI::App& app, const AgentOptions& options, const std::filesystem::path& file) {
    supervisor::Settings settings = supervision_of(options.serving);
    settings.function = function_of(options);
    settings.algorithm = algorithm_of(options);
    const auto command = own_worker(worker_words(app, options, file), settings.memory_limit);
    const auto kept = std::make_shared<std::optional<KeptFile>>();
    if (!file.empty()) kept->emplace(file);
    settings.start = [kept, command] {
        if (*kept) (*kept)->worker_starts();
        return std::make_unique<supervisor::WorkerProcess>(command);
    };
    settings.keep = [kept] { return *kept && (*kept)->worker_works(); };
    settings.start_kept = [kept, command] {
        supervisor::WorkerProcess::Command of_kept = command;
        of_kept.words.insert(of_kept.words.end(), {kKeptFile, (*kept)->path()});
        return std::make_unique<supervisor::WorkerProcess>(of_kept);
    };
    if (!options.any) {
        settings.changed = [change = plugin::FileChange(file)]() mutable { return change.happened(); };
        return settings;
    }
    const plugin::SearchPath path = options.plugin.path();
    settings.changed = [change = plugin::PluginsChange(path)]() mutable { return change.happened(); };
    // One that is found only by asking all plugins is not kept.
    settings.saw_init = [kept, path](const wire::pb::InitRequest& request) {
        const auto named = plugin_named_in(request, path);
        if (named) kept->emplace(*named).worker_starts();
    };
    return settings;
}

// Whoever starts a server wants to know at once that it cannot serve. Loads the plugin in a worker that has no input.
bool can_serve(const CLI::App& app, const AgentOptions& options, const std::filesystem::path& file) {
    const wire::unique_fd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    process::Plan plan;
    plan.command = worker_words(app, options, file);
    plan.program = kOurselves;
    plan.input = plan.output = nothing.get();
    plan.dies_with_us = true;
    const pid_t worker = process::spawn(plan);
    int status = 0;
    while (::waitpid(worker, &status, 0) < 0 && errno == EINTR) {
    }
    if (const std::string failure = process::failure(status); WIFSIGNALED(status))
        logging::error("the worker died while it loaded the plugin",
                       {{"plugin", app.get_option("--plugin")->as<std::string>()}, {"cause", failure}});
    return status == 0;
}

void supervise(const CLI::App& app, const AgentOptions& options) {
    std::filesystem::path file;
    if (!options.any) try {
            file = plugin::find(options.plugin.plugin, options.plugin.path());
        } catch (const std::exception&) {  // there is nothing to supervise, and who asks is told why
            return on_socket(app) ? serve_socket(options) : serve_stdio(options);
        }
    const auto settings = [&app, &options, file] { return supervision(app, options, file); };
    if (!on_socket(app)) {
        if (::isatty(STDIN_FILENO) != 0) warn_of_terminal(options);
        return supervise_stdio(options.serving, settings());
    }
    if (!options.any && !options.serving.defer_load_errors && !can_serve(app, options, file))
        throw CLI::RuntimeError(1);
    supervise_socket(options.serving, settings);
}

void run(const CLI::App& app, const AgentOptions& options) {
    if (options.isolation == "process") return supervise(app, options);
    for (const CLI::Option* option : app.get_options())
        if (option->get_group() == kSupervision && option->count() != 0 && option->get_name() != "--isolation")
            throw CLI::RequiresError(option->get_name(), "--isolation process");
    if (on_socket(app)) return serve_socket(options);
    serve_stdio(options);
}

}  // namespace

void add_agent(CLI::App& app) {
    const auto options = std::make_shared<AgentOptions>();
    add_agent_options(app, *options);
    app.parse_complete_callback([options] { set_log(options->log); });
    app.final_callback([&app, options] {
        if (!app.get_subcommands().empty()) return;
        if (!options->plugin.kept.empty() && options->isolation != kWorker)
            throw CLI::ValidationError(kKeptFile, "is for the workers of a supervisor");
        if (app.count("--plugin") == 0 && !options->any) throw CLI::RequiredError("--plugin, --any or a subcommand");
        if (options->config.empty()) return run(app, *options);
        CLI::App configured(app.get_description(), app.get_name());
        AgentOptions all;
        add_agent_options(configured, all);
        parse(configured, configured_words(app, *options));
        set_log(all.log);
        run(configured, all);
    });
}

void refuse_prog(const std::string& problem) noexcept try {
    constexpr int kPatience = 1000;  // milliseconds: Kapacitor asks at once, and who else has pipes says nothing
    const auto is_pipe = [](int fd) {
        struct stat st {};
        return ::fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
    };
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (!is_pipe(STDIN_FILENO) || !is_pipe(STDOUT_FILENO) || ::poll(&input, 1, kPatience) <= 0) return;
    server::Stdio stdio = server::take_stdio();
    wire::FdChannel channel(std::move(stdio.input), std::move(stdio.output));
    agent::refuse(channel, problem, agent::Boot::fails);
} catch (const std::exception&) {  // it was no request: somebody else
}

}  // namespace cli
