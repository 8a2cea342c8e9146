// SPDX-License-Identifier: MIT
#include "cli/serve_options.h"

#include <charconv>
#include <string>

#include "log/log.h"

namespace cli {
namespace {

constexpr double kShortestPoll = 0.05;  // seconds

std::string check_poll(const std::string& text) {
    if (std::string problem = check_seconds(text); !problem.empty()) return problem;
    double seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return seconds >= kShortestPoll ? std::string() : "'" + text + "' is too often: 0.05 seconds at least";
}

void add_upgrade(CLI::App& app, std::string& upgrade) {
    app.add_option("--upgrade", upgrade,
                   "Who gets the code of a replaced plugin: live (running connections too, with their state) or "
                   "new-connections")
        ->type_name("WHO")
        ->capture_default_str()
        ->check(CLI::IsMember({"live", "new-connections"}).description(""));
}

}  // namespace

void add_config(CLI::App& app, std::filesystem::path& config) {
    app.add_option("--config", config,
                   "Read options from this TOML file; what stands on the command line goes first. To try one: "
                   "udf-host check-config FILE")
        ->type_name("FILE");
}

void add_log(CLI::App& app, LogOptions& options) {
    app.add_option("--log-level", options.level, "The least that is logged: debug, info, warning, error")
        ->type_name("LEVEL")
        ->capture_default_str()
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}).description(""));
    app.add_option("--log-format", options.format,
                   "How it is logged: text and json are lines on stderr, journal goes to the journal of systemd")
        ->type_name("FORMAT")
        ->capture_default_str()
        ->check(CLI::IsMember({"text", "json", "journal"}).description(""));
}

LogOptions log_of(const CLI::App& subcommand, LogOptions own) {
    const CLI::App& main = *subcommand.get_parent();
    const auto take = [&](const char* name, std::string& value) {
        if (subcommand.count(name) == 0 && main.count(name) != 0) value = main.get_option(name)->as<std::string>();
    };
    take("--log-level", own.level);
    take("--log-format", own.format);
    return own;
}

void set_log(const LogOptions& options) {
    logging::set_level(logging::level_named(options.level).value_or(logging::Level::info));
    logging::set_format(logging::format_named(options.format).value_or(logging::Format::text));
}

void add_serve_options(CLI::App& app, ServeOptions& options) {
    app.add_option("--plugins-dir", options.plugins_dirs,
                   "Serve what is in this directory, any number of times; of files with the same name the first counts "
                   "(else the installed directory)")
        ->type_name("DIR")
        ->allow_extra_args(false);
    app.add_option("--socket-dir", options.socket_dir, "Where the sockets are made: ALGORITHM.sock for each")
        ->type_name("DIR");
    add_upgrade(app, options.upgrade);
    app.add_option("--poll-interval", options.poll_interval,
                   "Seconds between two looks into directories on file systems that say nothing of changes, as NFS")
        ->type_name("SECONDS")
        ->capture_default_str()
        ->check(check_poll);
    app.add_flag("--universal,!--no-universal", options.universal,
                 "Whether there are sockets of the universal function, through which a task reaches every algorithm "
                 "[yes]");
    add_config(app, options.config);
    add_log(app, options.log);
    add_prometheus(app, options.serving.metrics);
    add_metrics_to(app, options.serving.metrics);
    add_socket_access(app, options.serving);
    add_stop_timeout(app, options.serving);
    add_limits(app, options.serving);
    add_record(app, options.serving.record);
    add_supervision(app, options.serving);
}

void add_algorithm_options(CLI::App& app, AlgorithmOptions& options) {
    app.add_flag("--enabled", options.enabled, "Whether there is a socket of the algorithm");
    add_upgrade(app, options.upgrade);
    add_socket_access(app, options.serving);
    add_limits(app, options.serving);
    add_record(app, options.serving.record);
    add_supervision(app, options.serving);
}

}  // namespace cli
