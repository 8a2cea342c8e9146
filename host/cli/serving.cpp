// SPDX-License-Identifier: MIT
#include "cli/serving.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "cli/choices.h"
#include "cli/watching.h"
#include "guard/rules.h"
#include "log/log.h"
#include "server/exit_deadline.h"
#include "server/signal_reaction.h"
#include "server/stderr_relay.h"
#include "server/stdio.h"
#include "text/duration.h"
#include "wire/endpoint.h"

namespace cli {
namespace {

using std::chrono::milliseconds;

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

}  // namespace

std::string check_seconds(const std::string& text) {
    double seconds = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, seconds);
    if (parsed.ec == std::errc() && parsed.ptr == end && seconds >= 0 && seconds <= 86400) return {};
    return "'" + text + "' is no number of seconds up to 86400";
}

namespace {

// CLI11 may take -1 for the largest number there is.
std::string check_whole(const std::string& text) {
    uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    return parsed.ec == std::errc() && parsed.ptr == end ? "" : "'" + text + "' is no whole number from 0 up";
}

// `10/5m`
supervisor::Restarts::Limit parse_restarts(const std::string& text) {
    supervisor::Restarts::Limit limit;
    const size_t slash = text.find('/');
    const char* const end = text.data() + std::min(slash, text.size());
    const auto number = std::from_chars(text.data(), end, limit.most);
    const int64_t period = slash == text.npos ? 0 : text::parse_duration(text.substr(slash + 1)).value_or(0);  // ns
    if (number.ec != std::errc() || number.ptr != end || limit.most < 0 || period < 1'000'000)
        throw CLI::ValidationError("--max-restarts", "'" + text + "' is no number and period such as 10/5m");
    limit.period = milliseconds(period / 1'000'000);
    return limit;
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

std::vector<std::string> rules_to_set() {
    std::vector<std::string> words;
    for (const guard::RuleInfo& rule : guard::rules())
        for (const char* mode : {"repair", "strict", "off"}) words.push_back(fmt::format("{}={}", rule.name, mode));
    return words;
}

void add_guard(CLI::App& app, guard::Policy& policy) {
    app.add_option(
           "--guard", taken_by([&policy](const std::string& word) { policy.set_mode(word); }),
           "What to do with output that would harm Kapacitor: repair (mend and count it), strict (fail the task "
           "with the reason) or off [repair]")
        ->type_name("MODE")
        ->check(suggests({"repair", "strict", "off"}));
    app.add_option("--guard-rule", taken_by([&policy](const std::string& word) { policy.set_rule(word); }),
                   "The same for one rule: its name, '=' and a mode; may come more than once")
        ->type_name("RULE=MODE")
        ->check(suggests(rules_to_set()))
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_option(
           "--non-finite", taken_by([&policy](const std::string& word) { policy.set_non_finite(word); }),
           "What to do with a field that is NaN or infinite: drop-field, drop-point, error or pass [drop-field]")
        ->type_name("POLICY")
        ->check(suggests({"drop-field", "drop-point", "error", "pass"}));
    app.add_option("--batch-limit", policy.batch_limit, "The most points of a batch, coming or going")
        ->type_name("POINTS")
        ->capture_default_str()
        ->check(check_whole);
}

CLI::callback_t listens_on(Serving& serving) {
    return [&serving](const CLI::results_t& words) {
        try {
            serving.socket.endpoint = wire::parse_endpoint(words.front());
        } catch (const std::invalid_argument& e) {
            throw CLI::ValidationError("--listen", e.what());
        }
        const wire::Endpoint& endpoint = serving.socket.endpoint;
        if (endpoint.is_tcp()) return true;
        throw CLI::ValidationError("--listen",
                                   "takes a TCP port; for a unix socket: --socket " + endpoint.path.native());
    };
}

}  // namespace

milliseconds from_seconds(double seconds) { return milliseconds(static_cast<int64_t>(seconds * 1000)); }

void add_socket_access(CLI::App& app, Serving& serving) {
    app.add_option("--socket-mode", serving.socket_mode, "Permissions of the socket, octal")
        ->type_name("MODE")
        ->capture_default_str()
        ->check(check_mode);
    app.add_option("--socket-group", serving.socket.group, "Group of the socket")->type_name("GROUP");
}

void add_stop_timeout(CLI::App& app, Serving& serving) {
    app.add_option("--stop-timeout", serving.stop_timeout,
                   "Seconds for connections to end after SIGTERM or SIGINT; after half of them their input ends")
        ->type_name("SECONDS")
        ->capture_default_str()
        ->check(check_seconds);
}

void add_limits(CLI::App& app, Serving& serving) {
    app.add_option("--handler-timeout", serving.handler_timeout,
                   "Seconds after which a call into the algorithm that has not returned hangs, and its worker is "
                   "replaced; 0 = never")
        ->type_name("SECONDS")
        ->capture_default_str()
        ->check(check_seconds);
    app.add_option("--drain-timeout", serving.drain_timeout,
                   "Seconds without progress after the end of the input, half of them where nobody reads the output, "
                   "until what is left is dropped; ten times as long in all")
        ->type_name("SECONDS")
        ->capture_default_str()
        ->check(check_seconds);
    app.add_option("--frame-limit", serving.frame_limit,
                   "The most MiB of one message, coming or going: a point, or a snapshot")
        ->type_name("MIB")
        ->capture_default_str()
        ->check(check_whole)
        ->check(CLI::Range(size_t{1}, wire::kMostFrameLimit >> 20).description(""));
    add_guard(app, serving.guard);
}

void add_serving(CLI::App& app, Serving& serving) {
    app.add_option("--socket", serving.socket.endpoint.path,
                   "Listen on this unix socket instead of using stdin and stdout")
        ->type_name("PATH");
    add_socket_access(app, serving);
    app.add_option("--listen", listens_on(serving),
                   "Listen on this TCP port instead: tcp::PORT on loopback, tcp:HOST:PORT elsewhere. Whoever can "
                   "connect can use it: give no address of a public network")
        ->type_name("tcp:HOST:PORT")
        ->excludes("--socket");
    add_stop_timeout(app, serving);
    app.add_flag("--defer-load-errors", serving.defer_load_errors,
                 "Where the function cannot be started, answer Info, with no options, and fail the task at its start, "
                 "so that Kapacitor itself starts");
    add_limits(app, serving);
    add_record(app, serving.record);
    add_metrics_to(app, serving.metrics);
}

void add_supervision(CLI::App& app, Serving& serving) {
    app.add_option("--journal-limit", serving.journal_limit,
                   "The most MiB of input since the last snapshot that are kept, to be given to a new worker again")
        ->type_name("MIB")
        ->capture_default_str()
        ->check(check_whole)
        ->check(CLI::Range(size_t{1}, size_t{1} << 20).description(""))
        ->group(kSupervision);
    app.add_option(
           "--journal-full", serving.journal_full,
           "What to do where the journal is full and the worker does not get on: wait, and let Kapacitor wait, or "
           "drop-oldest")
        ->type_name("POLICY")
        ->capture_default_str()
        ->check(CLI::IsMember({"wait", "drop-oldest"}).description(""))
        ->group(kSupervision);
    app.add_option("--checkpoint-interval", serving.checkpoint_interval,
                   "Seconds between two snapshots for a restart, where there is input; more come where there is much")
        ->type_name("SECONDS")
        ->capture_default_str()
        ->check(check_seconds)
        ->group(kSupervision);
    app.add_option("--memory-limit", serving.memory_limit,
                   "The most MiB of memory of a worker; 0 = as much as there is")
        ->type_name("MIB")
        ->capture_default_str()
        ->check(check_whole)
        ->check(CLI::Range(uint64_t{0}, uint64_t{1} << 32).description(""))
        ->group(kSupervision);
    app.add_option(
           "--max-restarts",
           [&serving](const CLI::results_t& words) {
               serving.restarts = parse_restarts(words.front());
               return true;
           },
           "How many deaths of workers without progress in between, within how long a time, are borne before the task "
           "fails [10/5m]")
        ->type_name("N/PERIOD")
        ->group(kSupervision);
    app.add_option("--dead-letter", serving.dead_letter,
                   "Append points and batches that kill the worker again and again to this file; see udf-host run "
                   "--from-dead-letter")
        ->type_name("FILE")
        ->group(kSupervision);
}

bool on_socket(const CLI::App& app) {
    if (app.count("--socket") != 0) return true;
    for (const char* name : {"--socket-mode", "--socket-group"})
        if (app.count(name) != 0) throw CLI::RequiresError(name, "--socket");
    if (app.count("--listen") != 0) return true;
    if (app.count("--stop-timeout") != 0) throw CLI::RequiresError("--stop-timeout", "--socket or --listen");
    return false;
}

server::SocketOptions socket_of(const Serving& serving) {
    server::SocketOptions socket = serving.socket;
    socket.mode = parse_mode(serving.socket_mode);
    socket.stop_timeout = from_seconds(serving.stop_timeout);
    return socket;
}

supervisor::Settings supervision_of(const Serving& serving) {
    constexpr milliseconds kLeast{20};
    supervisor::Settings settings;
    settings.guard = serving.guard;
    settings.frame_limit = serving.frame_limit << 20;
    settings.journal_limit = serving.journal_limit << 20;
    settings.drops_oldest = serving.journal_full == "drop-oldest";
    settings.checkpoint_interval = from_seconds(serving.checkpoint_interval);
    settings.hang = from_seconds(serving.handler_timeout);
    if (serving.handler_timeout > 0) settings.hang = std::max(settings.hang, kLeast);
    settings.drain = std::max(from_seconds(serving.drain_timeout), kLeast);
    settings.memory_limit = serving.memory_limit << 20;
    settings.restarts = serving.restarts;
    settings.dead_letter = serving.dead_letter;
    settings.defer_load_errors = serving.defer_load_errors;
    return settings;
}

void supervise_stdio(const Serving& serving, const supervisor::Settings& settings) {
    Watching watching;
    const server::SignalReaction replace(SIGHUP, [&] { watching.registry().upgrade(); });
    server::Stdio stdio = server::take_stdio();
    server::relay_stderr();
    watching.open_control("stdio");
    watching.tell(serving.metrics);
    wire::FdChannel channel(std::move(stdio.input), std::move(stdio.output));
    record(serving.record, channel, settings.function);
    supervisor::Supervisor supervisor(channel, settings);
    const metrics::Registry::Entry entry(watching.registry(), supervisor);
    if (!supervisor.serve()) throw CLI::RuntimeError(1);
}

void supervise_socket(const Serving& serving, const std::function<supervisor::Settings()>& settings) {
    Watching watching;
    server::SocketOptions socket = socket_of(serving);
    socket.on_hangup = [&] { watching.registry().upgrade(); };
    server::block_stop_signals();
    server::block_hangup_signal();
    server::relay_stderr();
    watching.open_control("socket");
    watching.tell(serving.metrics);
    const auto serve = [&](wire::FdChannel& channel, const std::function<void()>&) {
        const supervisor::Settings its = settings();
        record(serving.record, channel, its.function);
        supervisor::Supervisor supervisor(channel, its);
        const metrics::Registry::Entry entry(watching.registry(), supervisor);
        supervisor.serve();
    };
    const bool ended = server::serve_socket(socket, serve);
    if (ended) return;
    watching.tell_last();
    server::leave_now(0);  // and with us its workers end
}

}  // namespace cli
