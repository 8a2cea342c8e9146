// SPDX-License-Identifier: MIT
#include "cli/list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "cli/catalogue.h"
#include "cli/probe.h"
#include "plugin/path.h"

namespace cli {
namespace {

using nlohmann::ordered_json;

// {"path": [...], "algorithms": [...], "broken": [...]}: what --json prints.
ordered_json survey(const plugin::SearchPath& path) {
    ordered_json result = {
        {"path", ordered_json::array()}, {"algorithms", ordered_json::array()}, {"broken", ordered_json::array()}};
    for (const auto& directory : path) result["path"].push_back(directory.string());
    std::vector<Asked> files;
    for (const auto& file : plugin::list(path)) files.push_back({file, probe(file)});
    const Catalogue offered = catalogue(files);
    for (const auto& [file, found] : files)
        for (ordered_json algorithm : found.algorithms) {
            if (!offered.has(algorithm["name"], file)) continue;
            algorithm["plugin"] = file.string();
            result["algorithms"].push_back(algorithm);
        }
    for (const auto& refusal : offered.refused) {
        ordered_json broken = {{"plugin", refusal.file.string()}, {"reason", refusal.reason}};
        if (!refusal.algorithm.empty()) broken["algorithm"] = refusal.algorithm;
        result["broken"].push_back(broken);
    }
    return result;
}

using Row = std::array<std::string, 5>;

void print_table(const std::vector<Row>& rows) {
    std::array<size_t, std::tuple_size_v<Row>> widths{};
    for (const Row& row : rows)
        for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    for (const Row& row : rows) {
        std::string line;
        for (size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
        fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
    }
}

void print(const ordered_json& survey, const plugin::SearchPath& path) {
    if (survey["algorithms"].empty() && survey["broken"].empty())
        fmt::print("no plugins in {}\n", plugin::describe(path));

    std::vector<Row> rows;
    for (const auto& a : survey["algorithms"])
        rows.push_back(
            {a["name"], std::filesystem::path(a["plugin"].get<std::string>()).filename().string(), a["version"],
             fmt::format("{} -> {}", a["wants"].get<std::string>(), a["provides"].get<std::string>()), a["help"]});
    if (!rows.empty()) rows.insert(rows.begin(), {"ALGORITHM", "PLUGIN", "VERSION", "EDGES", "HELP"});
    print_table(rows);

    if (!survey["broken"].empty()) fmt::print("{}broken:\n", rows.empty() ? "" : "\n");
    for (const auto& broken : survey["broken"]) fmt::print("  {}\n", broken["reason"].get<std::string>());
}

struct ListOptions {
    std::string plugins_dir;
    bool json = false;
};

}  // namespace

void add_list(CLI::App& app) {
    const auto options = std::make_shared<ListOptions>();
    CLI::App* list =
        app.add_subcommand("list", "List the algorithms in the plugin path, and the files that are broken");
    list->add_option("--plugins-dir", options->plugins_dir,
                     "Look here, instead of in $UDF_HOST_PLUGINS or the installed directory")
        ->type_name("DIR");
    list->add_flag("--json", options->json, "Print JSON");
    list->footer(
        "Each plugin is loaded in a process of its own. Of algorithms of one name the first has it, by the names of "
        "the "
        "files; the others are listed as broken. Broken files do not change the exit status, which is 0.");
    list->callback([options] {
        const plugin::SearchPath path = plugin::search_path(options->plugins_dir);
        const ordered_json found = survey(path);
        if (options->json)
            fmt::print("{}\n", found.dump(2, ' ', false, ordered_json::error_handler_t::replace));
        else
            print(found, path);
    });
}

}  // namespace cli
