// SPDX-License-Identifier: MIT
#include "cli/agent.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <charconv>
#include <memory>
#include <string>
#include <system_error>

#include "agent/agent.h"
#include "plugin/load.h"
#include "plugin/path.h"
#include "server/socket.h"
#include "server/stdio.h"

namespace cli {
namespace {

struct Options {
    std::string plugin, algorithm, plugins_dir, socket_mode = "0660";
    server::SocketOptions socket;
    double stop_timeout = 10;  // seconds
};

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

void serve_stdio(const Options& options) {
    if (::isatty(STDIN_FILENO))
        spdlog::warn("waiting for Kapacitor's protocol on a terminal; to try an algorithm: udf-host run --plugin {}",
                     options.plugin);
    server::Stdio stdio = server::take_stdio();
    const plugin::Plugin loaded = plugin::load(plugin::find(options.plugin, plugin::search_path(options.plugins_dir)));
    wire::FdChannel channel(std::move(stdio.input), std::move(stdio.output));
    agent::Agent agent(loaded.algorithm(options.algorithm), loaded.file().filename().native(), channel);
    if (!agent.serve()) throw CLI::RuntimeError(1);
}

void serve_socket(Options options) {
    options.socket.mode = parse_mode(options.socket_mode);
    options.socket.stop_timeout = std::chrono::milliseconds(static_cast<int64_t>(options.stop_timeout * 1000));
    server::block_stop_signals();
    const plugin::Plugin loaded = plugin::load(plugin::find(options.plugin, plugin::search_path(options.plugins_dir)));
    const udf_algorithm& algorithm = loaded.algorithm(options.algorithm);
    const std::string name = loaded.file().filename().native();
    const bool ended = server::serve_socket(
        options.socket, [&](wire::Channel& channel) { agent::Agent(algorithm, name, channel).serve(); });
    if (!ended) ::_exit(0);  // threads still run: nothing of theirs may be torn down
}

}  // namespace

void add_agent(CLI::App& app) {
    const auto options = std::make_shared<Options>();
    app.add_option("--plugin", options->plugin, "The plugin: a file, or a name to look up in the plugins directory")
        ->type_name("NAME_OR_PATH");
    app.add_option("--algorithm", options->algorithm, "The algorithm, where the plugin has more than one")
        ->type_name("NAME");
    app.add_option("--plugins-dir", options->plugins_dir,
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
