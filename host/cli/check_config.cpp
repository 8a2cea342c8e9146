// SPDX-License-Identifier: MIT
#include "cli/check_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/config.h"
#include "cli/probe.h"
#include "cli/universal_names.h"
#include "plugin/path.h"
#include "text/near_name.h"

namespace cli {
namespace {

constexpr const char* kCheckConfigHelp = R"(
What is wrong is told on stderr, a line each, with file and line; the exit status is 1 then. A file that
is good may have something that surprises, such as a section for an algorithm that no plugin has: that is
told on stdout.

Keys are options without the dashes, those of udf-host serve at the top of the file, those of one
algorithm in its section:

  socket-dir = "/run/udf-host"
  handler-timeout = 60
  guard-rule = { duplicate = "strict" }
  [algorithm.moving_avg]
  memory-limit = 200
  enabled = true
)";

// Sections for algorithms that none of the plugins has.
std::vector<std::string> without_plugin(const ServeConfig& config) {
    if (config.named().empty()) return {};
    const auto& dirs = config.common().plugins_dirs;
    const plugin::SearchPath path = dirs.empty() ? plugin::server_search_path({}) : dirs;
    std::vector<std::string> names, notes;
    try {
        for (const auto& file : plugin::list(path))
            for (const auto& algorithm : probe(file).algorithms) names.push_back(algorithm["name"]);
    } catch (const std::runtime_error& e) {  // is for who serves to mend, and not for who writes the file
        return {e.what()};
    }
    for (const std::string& wanted : config.named())
        if (!is_universal_name(wanted) && std::find(names.begin(), names.end(), wanted) == names.end())
            notes.push_back(fmt::format("[algorithm.{}]: no plugin in {} has it{}", wanted, plugin::describe(path),
                                        text::did_you_mean(wanted, {names.begin(), names.end()})));
    return notes;
}

void check(const std::filesystem::path& file) {
    const ServeConfig config = ServeConfig::check(file);
    std::vector<std::string> notes = config.notes();
    for (const std::string& note : without_plugin(config)) notes.push_back(fmt::format("{}: {}", file.string(), note));
    fmt::print("{}: good\n", file.string());
    for (const std::string& note : notes) fmt::print("{}\n", note);
}

}  // namespace

void add_check_config(CLI::App& app) {
    const auto file = std::make_shared<std::filesystem::path>();
    CLI::App* command = app.add_subcommand("check-config", "Check a configuration file, for serve and --plugin");
    command->footer(kCheckConfigHelp);
    command->add_option("FILE", *file, "The file")->type_name("")->required();
    command->callback([file] { check(*file); });
}

}  // namespace cli
