// SPDX-License-Identifier: MIT
#include "cli/check.h"

#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "check/child.h"
#include "check/report.h"
#include "check/runner.h"
#include "plugin/path.h"
#include "text/near_name.h"

namespace cli {
namespace {

constexpr const char* kCheckHelp = R"(
For authors, to be run before a plugin is handed out, and in CI. Each check runs in a process of its own, so that a
crash or a hang ends one check only. Options that an algorithm requires and that are not given are made up; where it
refuses these, give them with --option, as for `udf-host run`.

  pass  the promise is kept           warn  it works, and may be trouble one day
  FAIL  a task or the host suffers    skip  could not be tried, for the reason given

A plugin that was built with -fsanitize=address is checked with LeakSanitizer.

Exit status: 0 nothing failed, warnings or not; 1 something failed, or nothing could be tried; 2 the command line is
wrong.

Examples:
  udf-host check ./half.so
  udf-host check moving_avg --option field=usage_idle --option size=10
  udf-host check ./half.so --only leaks --only output-guard
  udf-host check ./half.so --json > check.json
)";

struct CheckOptions {
    std::string plugin, plugins_dir;
    check::Request request;
    double timeout = 10;
    bool json = false, list = false;
};

// Throws what makes main() exit with 2.
void check_words(const CheckOptions& options) {
    std::vector<std::string_view> names;
    for (const check::Check& each : check::checks()) names.emplace_back(each.name);
    for (const std::string& name : options.request.only)
        if (check::find_check(name) == nullptr)
            throw CLI::ValidationError("--only", fmt::format("there is no check '{}'{}; --list shows them", name,
                                                             text::did_you_mean(name, names)));
    if (!(options.timeout > 0) || options.timeout > 86'400)
        throw CLI::ValidationError("--timeout", "is a number of seconds, more than 0");
    if (options.plugin.empty()) throw CLI::RequiredError("PLUGIN");
}

int run(CheckOptions& options) {
    if (options.list) {
        fmt::print("{}", check::list_of_checks());
        return 0;
    }
    check_words(options);
    check::Request& request = options.request;
    request.file = plugin::find(options.plugin, plugin::search_path(options.plugins_dir));
    request.timeout = std::chrono::milliseconds(std::llround(std::ceil(options.timeout * 1000)));
    try {
        const check::Report report = check::run(request);
        if (options.json)
            fmt::print("{}\n", json_of(report).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
        else
            fmt::print("{}", text_of(report));
        return report.good() ? 0 : 1;
    } catch (const check::BadRequest& e) {
        throw CLI::ValidationError("check", e.what());
    }
}

void add_check_one(CLI::App& app) {
    const auto task = std::make_shared<check::Task>();
    CLI::App* command = app.add_subcommand("check-one", "Run one check in this process")->group("");
    command->add_option("--way", task->way);
    command->add_option("check", task->check)->required();
    command->add_option("file", task->file)->required();
    command->add_option("algorithm", task->algorithm);
    command->add_option("options", task->options);
    command->callback([task] { check::run_in_child(*task); });
}

}  // namespace

void add_check(CLI::App& app) {
    const auto options = std::make_shared<CheckOptions>();
    CLI::App& command = *app.add_subcommand("check", "Try a plugin with all that may happen to it");
    command.footer(kCheckHelp);
    command.add_option("plugin", options->plugin, "The plugin, by name or by path")->type_name("PLUGIN");
    command.add_option("--algorithm", options->request.algorithm, "This algorithm of the plugin only")
        ->type_name("NAME");
    command
        .add_option("--option", options->request.options,
                    "An option as in the TICKscript, any number of times; 'a,b' in quotes for a comma")
        ->type_name("NAME=VALUE[,VALUE]")
        ->allow_extra_args(false);
    command
        .add_option("--plugins-dir", options->plugins_dir,
                    "Look here, instead of in $UDF_HOST_PLUGINS or the installed directory")
        ->type_name("DIR");
    command.add_flag("--json", options->json, "Print JSON");
    command.add_option("--timeout", options->timeout, "How long one check may take")
        ->type_name("SECONDS")
        ->capture_default_str();
    command.add_option("--only", options->request.only, "This check only, any number of times")
        ->type_name("CHECK")
        ->allow_extra_args(false);
    command.add_flag("--list", options->list, "List the checks, and check nothing");
    command.callback([options] {
        const int status = run(*options);
        if (status != 0) throw CLI::RuntimeError(status);
    });
    add_check_one(app);
}

}  // namespace cli
