// SPDX-License-Identifier: MIT
#include "cli/agent_options.h"

#include <fmt/format.h>

#include <memory>
#include <vector>

#include "cli/choices.h"
#include "cli/own_worker.h"

namespace cli {

std::string function_of(const AgentOptions& options) {
    if (options.any) return fmt::format("any algorithm, {} to {}", options.wants, options.provides);
    const std::string& algorithm = options.plugin.algorithm;
    return fmt::format("plugin {}{}{}", std::filesystem::path(options.plugin.plugin).filename().native(),
                       algorithm.empty() ? "" : ", algorithm ", algorithm);
}

std::string algorithm_of(const AgentOptions& options) {
    if (options.any || !options.plugin.algorithm.empty()) return options.plugin.algorithm;
    const std::filesystem::path file = std::filesystem::path(options.plugin.plugin).filename();
    return file.extension() == ".so" ? file.stem() : file;
}

void add_agent_options(CLI::App& app, AgentOptions& options) {
    app.add_option("--plugin", options.plugin.plugin,
                   "The plugin: a file, or a name to look up in the plugins directory")
        ->type_name("NAME_OR_PATH");
    app.add_option("--algorithm", options.plugin.algorithm, "The algorithm, where the plugin has more than one")
        ->type_name("NAME");
    const auto is_edge = CLI::IsMember({"stream", "batch"}).description("");
    CLI::Option* any = app.add_flag("--any", options.any,
                                    "In place of --plugin: any algorithm of the plugins directory, as each task says "
                                    "it: .algorithm('moving_avg').text('field', 'usage_idle').integer('size', 10)")
                           ->excludes("--plugin")
                           ->excludes("--algorithm");
    app.add_option("--wants", options.wants, "What the algorithms of --any take: stream or batch")
        ->type_name("EDGE")
        ->capture_default_str()
        ->check(is_edge)
        ->needs(any);
    app.add_option("--provides", options.provides, "What the algorithms of --any give: stream or batch")
        ->type_name("EDGE")
        ->capture_default_str()
        ->check(is_edge)
        ->needs(any);
    app.add_option("--plugins-dir", options.plugin.plugins_dirs,
                   "Where plugins are looked up, any number of times (else $UDF_HOST_PLUGINS, directories with ':' "
                   "between, else the installed directory)")
        ->type_name("DIR")
        ->allow_extra_args(false);
    add_config(app, options.config);
    add_log(app, options.log);
    app.add_option(kKeptFile, options.plugin.kept)->group("");
    add_serving(app, options.serving);
    app.add_option(
           "--isolation", options.isolation,
           "process: the algorithm runs in a worker, and the task outlives its crashes and hangs; none: in this "
           "process")
        ->type_name("MODE")
        ->capture_default_str()
        ->check([](const std::string& mode) {
            const bool known = mode == "process" || mode == "none" || mode == kWorker;
            return known ? std::string() : fmt::format("'{}' is neither process nor none", mode);
        })
        ->check(suggests({"process", "none"}))
        ->group(kSupervision);
    add_supervision(app, options.serving);
}

Words configured_words(const CLI::App& app, const AgentOptions& options) {
    const Vocabulary own([](CLI::App& command) {
        auto added = std::make_shared<AgentOptions>();
        add_agent_options(command, *added);
        return added;
    });
    Words words = config_words(options.config, algorithm_of(options), own);
    const Words given = given_words(app);
    if (given.contains("socket")) words.erase("listen");
    if (given.contains("listen")) words.erase("socket");
    const Words from_file = words;
    lay_over(words, given);
    // The file may be there for others too: what is of no use to us is a mistake on the command line alone.
    const auto says = [&words](const std::string& key) { return words.contains(key); };
    const bool alone = says("isolation") && words["isolation"] != std::vector<std::string>{"process"};
    const bool unix_socket = says("socket"), socket = unix_socket || says("listen");
    for (const auto& [key, values] : from_file) {
        const bool useless = (alone && key != "isolation" && own.in_group(key, kSupervision)) ||
                             (!unix_socket && key.starts_with("socket-")) || (!socket && key == "stop-timeout");
        if (useless && !given.contains(key)) words.erase(key);
    }
    return words;
}

}  // namespace cli
