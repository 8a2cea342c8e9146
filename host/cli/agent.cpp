// SPDX-License-Identifier: MIT
#include "cli/agent.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <system_error>

#include "agent/agent.h"
#include "agent/refusal.h"
#include "cli/loading.h"
#include "server/exit_deadline.h"
#include "server/last_words.h"
#include "server/report_signal.h"
#include "server/socket.h"
#include "server/stderr_relay.h"
#include "server/stdio.h"

namespace cli {
namespace {

using std::chrono::milliseconds;

struct Options {
    Wanted plugin;
    std::string socket_mode = "0660";
    server::SocketOptions socket;
    double stop_timeout = 10, handler_timeout = 300, drain_timeout = 1;  // seconds
    bool defer_load_errors = false;
    size_t frame_limit = wire::kFrameLimit >> 20;  // MiB
    guard::Policy guard;
};

milliseconds from_seconds(double seconds) { return milliseconds(static_cast<int64_t>(seconds * 1000)); }

agent::Settings settings_of(const Options& options) {
    agent::Settings settings;
    // What is more than nothing is not rounded to nothing, and no limit is so short that looking for it is all we do.
    constexpr milliseconds kLeast{20};
    settings.limits.handler = from_seconds(options.handler_timeout);
    if (options.handler_timeout > 0) settings.limits.handler = std::max(settings.limits.handler, kLeast);
    settings.limits.drain = std::max(from_seconds(options.drain_timeout), kLeast);
    settings.guard = options.guard;
    settings.frame_limit = options.frame_limit << 20;
    return settings;
}

mode_t parse_mode(const std::string& text) {
    size_t end = 0;
    const unsigned long mode = std::stoul(text, &end, 8);
    if (end != text.size() || mode > 0777) throw std::invalid_argument("mode");
    return static_cast<mode_t>(mode);
}

std::string check_mode(const std::string& text) {
    try {
        parse_mode(text);
        return {};
    } catch (const std::exception&) {
        return "'" + text + "' is no octal mode such as 0660";
    }
}

std::string check_seconds(const std::string& text) {
    double seconds = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, seconds);
    if (parsed.ec == std::errc() && parsed.ptr == end && seconds >= 0 && seconds <= 86400) return {};
    return "'" + text + "' is no number of seconds up to 86400";
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
        clean = agent::refuse(channel, reason, options.defer_load_errors ? agent::Boot::goes_on : agent::Boot::fails);
    } catch (const std::exception& e) {
        spdlog::error("{}", e.what());
    }
    leave(clean && options.defer_load_errors ? 0 : 1);
}

void serve_stdio(const Options& options) {
    const bool on_terminal = ::isatty(STDIN_FILENO) != 0;
    if (on_terminal)
        spdlog::warn("waiting for Kapacitor's protocol on a terminal; to try an algorithm: udf-host run --plugin {}",
                     options.plugin.plugin);
    else
        ::setpgid(0, 0);  // a plugin that signals its process group must not reach Kapacitor
    const agent::Settings settings = settings_of(options);
    Agents agents;
    const server::ReportSignal report([&agents] { agents.report(); });
    server::Stdio stdio = server::take_stdio();
    server::relay_stderr();
    const server::LastWords last_words("plugin " + options.plugin.plugin);
    wire::FdChannel channel(std::move(stdio.input), std::move(stdio.output));
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

void serve_socket(Options options) {
    options.socket.mode = parse_mode(options.socket_mode);
    options.socket.stop_timeout = from_seconds(options.stop_timeout);
    const agent::Settings settings = settings_of(options);
    Agents agents;
    const server::ReportSignal report([&agents] { agents.report(); });
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
        if (!options.defer_load_errors) throw;
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
        ended = server::serve_socket(options.socket, serve);
    } catch (const std::exception& e) {
        spdlog::error("{}", e.what());
        leave(1);  // connections may still be served
    }
    if (!ended) leave(0);  // threads still run: nothing of theirs may be torn down
    server::exit_within(settings.limits.drain, 0);
}

// Words that the guard itself reads; what it makes of a wrong one is the message.
template <class Set>
CLI::callback_t taken_by(Set set) {
    return [set](const CLI::results_t& words) {
        for (const std::string& word : words) try {
                set(word);
            } catch (const guard::BadPolicy& e) {
                throw CLI::ValidationError(e.what());
            }
        return true;
    };
}

void add_guard(CLI::App& app, const std::shared_ptr<Options>& options) {
    app.add_option(
           "--guard", taken_by([options](const std::string& word) { options->guard.set_mode(word); }),
           "What to do with output that would harm Kapacitor: repair (mend and count it), strict (fail the task "
           "with the reason) or off [repair]")
        ->type_name("MODE");
    app.add_option("--guard-rule", taken_by([options](const std::string& word) { options->guard.set_rule(word); }),
                   "The same for one rule: its name, '=' and a mode; may come more than once")
        ->type_name("RULE=MODE");
    app.add_option(
           "--non-finite", taken_by([options](const std::string& word) { options->guard.set_non_finite(word); }),
           "What to do with a field that is NaN or infinite: drop-field, drop-point, error or pass [drop-field]")
        ->type_name("POLICY");
    app.add_option("--batch-limit", options->guard.batch_limit, "The most points of a batch, coming or going")
        ->type_name("POINTS")
        ->capture_default_str();
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
    app.add_option("--socket", options->socket.path, "Listen on this unix socket instead of using stdin and stdout")
        ->type_name("PATH");
    app.add_option("--socket-mode", options->socket_mode, "Permissions of the socket, octal")
        ->type_name("MODE")
        ->capture_default_str()
        ->check(check_mode);
    app.add_option("--socket-group", options->socket.group, "Group of the socket")->type_name("GROUP");
    app.add_option("--stop-timeout", options->stop_timeout,
                   "Seconds for connections to end after SIGTERM or SIGINT; after half of them their input ends")
        ->type_name("SECONDS")
        ->capture_default_str()
        ->check(check_seconds);
    app.add_option(
           "--handler-timeout", options->handler_timeout,
           "Seconds after which a call into the plugin that has not returned hangs: the task gets the reason and "
           "ends; 0 = never")
        ->type_name("SECONDS")
        ->capture_default_str()
        ->check(check_seconds);
    app.add_option("--drain-timeout", options->drain_timeout,
                   "Seconds without progress after the end of the input, half of them where nobody reads the output, "
                   "until what is left is dropped; ten times as long in all")
        ->type_name("SECONDS")
        ->capture_default_str()
        ->check(check_seconds);
    app.add_option("--frame-limit", options->frame_limit,
                   "The most MiB of one message, coming or going: a point, or a snapshot")
        ->type_name("MIB")
        ->capture_default_str()
        ->check(CLI::Range(size_t{1}, wire::kMostFrameLimit >> 20).description(""));
    app.add_flag("--defer-load-errors", options->defer_load_errors,
                 "Where the plugin cannot be loaded, answer Info, with no options, and fail the task at its start, so "
                 "that Kapacitor itself starts");
    add_guard(app, options);
    app.final_callback([&app, options] {
        if (!app.get_subcommands().empty()) return;
        if (app.count("--plugin") == 0) throw CLI::RequiredError("--plugin, or a subcommand,");
        if (app.count("--socket") != 0) return serve_socket(*options);
        for (const char* name : {"--socket-mode", "--socket-group", "--stop-timeout"})
            if (app.count(name) != 0) throw CLI::RequiresError(name, "--socket");
        serve_stdio(*options);
    });
}

}  // namespace cli
