// SPDX-License-Identifier: MIT
#include "cli/info.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/function_entry.h"
#include "cli/probe.h"
#include "plugin/path.h"
#include "text/near_name.h"
#include "text/utf8.h"

namespace cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct Found {
    fs::path file;
    ordered_json algorithms;  // all of the plugin
    std::string algorithm;    // the one that was asked for; empty for all
};

std::optional<fs::path> plugin_of_name(const std::string& name, const plugin::SearchPath& path) {
    if (name.find('/') != name.npos || name.ends_with(".so")) return name;
    for (const fs::path& file : plugin::list(path))
        if (file.stem() == name) return file;
    return std::nullopt;
}

// NAME is a plugin, by path or by name, or else an algorithm of any plugin in the path.
Found find(const std::string& name, const plugin::SearchPath& path) {
    if (const auto file = plugin_of_name(name, path)) {
        Probe found = probe(*file);
        if (!found.problem.empty()) throw std::runtime_error(found.problem);
        return {*file, found.algorithms, {}};
    }
    std::vector<std::string> names;
    for (const fs::path& file : plugin::list(path)) {
        names.push_back(file.stem());
        Probe found = probe(file);
        for (const auto& algorithm : found.algorithms) {
            if (algorithm["name"] == name) return {file, found.algorithms, name};
            names.push_back(algorithm["name"]);
        }
    }
    std::vector<std::string> directories;
    for (const fs::path& directory : path) directories.push_back(directory);
    throw std::runtime_error(fmt::format("no plugin and no algorithm '{}' in {}{}", name, fmt::join(directories, ", "),
                                         text::did_you_mean(name, {names.begin(), names.end()})));
}

std::string placeholder(const std::string& type) {
    if (type == "bool") return "TRUE";
    if (type == "int") return "10";
    if (type == "double") return "1.5";
    if (type == "duration") return "10s";
    return "'...'";
}

// .field('...', 1.5)
std::string call(const ordered_json& option) {
    std::vector<std::string> arguments;
    for (const auto& type : option["types"]) arguments.push_back(placeholder(type));
    return fmt::format(".{}({})", option["name"].get<std::string>(), fmt::join(arguments, ", "));
}

// A task that Kapacitor takes as it is once the placeholders are filled in: required options
// first, the others as comments.
std::string tickscript(const ordered_json& algorithm) {
    std::string script = "stream\n    |from().measurement('cpu')\n";
    if (algorithm["wants"] == "batch") script += "    |window().period(1m).every(1m)\n";
    script += fmt::format("    @{}()\n", algorithm["name"].get<std::string>());
    for (const auto& option : algorithm["options"])
        if (option["required"]) script += fmt::format("        {}\n", call(option));
    for (const auto& option : algorithm["options"])
        if (!option["required"]) script += fmt::format("        // {}\n", call(option));
    return script;
}

// Absolute paths: Kapacitor runs in a directory and with an environment of its own.
std::string configuration(const ordered_json& algorithm, const Found& found) {
    const std::string file = fs::absolute(found.file).lexically_normal();
    FunctionEntry entry{.name = algorithm["name"],
                        .program = text::replace_bad_utf8(own_program()),
                        .arguments = {"--plugin", text::replace_bad_utf8(file)}};
    if (found.algorithms.size() > 1) entry.arguments.insert(entry.arguments.end(), {"--algorithm", entry.name});
    return written(entry);
}

std::string indented(const std::string& text) {
    std::string result;
    for (size_t at = 0; at < text.size();) {
        const size_t end = text.find('\n', at);
        result += "    " + text.substr(at, end - at) + "\n";
        at = end + 1;
    }
    return result;
}

void print_option(const ordered_json& option, size_t width) {
    std::vector<std::string> words = option["types"];
    const std::string use = fmt::format(".{}({})", option["name"].get<std::string>(), fmt::join(words, ", "));
    std::vector<std::string> notes;
    if (option["required"]) notes.emplace_back("required");
    if (option["repeatable"]) notes.emplace_back("repeatable");
    if (const std::string help = option["help"]; !help.empty()) notes.push_back(help);
    const std::string line = fmt::format("    {:<{}}  {}", use, width, fmt::join(notes, "; "));
    fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
}

void print(const ordered_json& algorithm, const Found& found) {
    const auto text = [&](const char* key) { return algorithm[key].get<std::string>(); };
    const auto line = [](const char* key, const std::string& value) {
        if (!value.empty()) fmt::print("  {:<9} {}\n", key, value);
    };
    fmt::print("{}\n", text("name"));
    line("help", text("help"));
    line("version", text("version"));
    line("plugin", found.file);
    line("edges", text("wants") + " -> " + text("provides"));
    line("state", algorithm["snapshot"] ? "kept in snapshots" : "none is kept");

    size_t width = 0;
    for (const auto& option : algorithm["options"]) {
        const std::vector<std::string> types = option["types"];
        width =
            std::max(width, fmt::format(".{}({})", option["name"].get<std::string>(), fmt::join(types, ", ")).size());
    }
    fmt::print("  options{}\n", algorithm["options"].empty() ? "   none" : "");
    for (const auto& option : algorithm["options"]) print_option(option, width);
    fmt::print("\n  in a TICKscript\n\n{}", indented(tickscript(algorithm)));
    fmt::print("\n  in kapacitor.conf\n\n{}", indented(configuration(algorithm, found)));
}

struct InfoOptions {
    std::string name, algorithm, plugins_dir;
    bool json = false;
};

void run(const InfoOptions& options) {
    Found found = find(options.name, plugin::search_path(options.plugins_dir));
    if (!options.algorithm.empty()) found.algorithm = options.algorithm;

    std::vector<std::string> names;
    ordered_json chosen = ordered_json::array();
    for (ordered_json algorithm : found.algorithms) {
        names.push_back(algorithm["name"]);
        if (!found.algorithm.empty() && found.algorithm != names.back()) continue;
        algorithm["plugin"] = found.file.string();
        algorithm["tickscript"] = tickscript(algorithm);
        algorithm["configuration"] = configuration(algorithm, found);
        chosen.push_back(algorithm);
    }
    if (chosen.empty())
        throw std::runtime_error(fmt::format("{} has no algorithm '{}' but {}{}", found.file.string(), found.algorithm,
                                             fmt::join(names, ", "),
                                             text::did_you_mean(found.algorithm, {names.begin(), names.end()})));
    if (options.json) {
        fmt::print("{}\n",
                   ordered_json{{"algorithms", chosen}}.dump(2, ' ', false, ordered_json::error_handler_t::replace));
        return;
    }
    for (size_t i = 0; i < chosen.size(); ++i) {
        if (i > 0) fmt::print("\n");
        print(chosen[i], found);
    }
}

}  // namespace

void add_info(CLI::App& app) {
    const auto options = std::make_shared<InfoOptions>();
    CLI::App* info = app.add_subcommand("info", "Show what an algorithm takes and gives, and how to use it");
    info->add_option("name", options->name, "A plugin (name or path), or an algorithm in the plugin path")
        ->required()
        ->type_name("PLUGIN_OR_ALGORITHM");
    info->add_option("--algorithm", options->algorithm, "This algorithm of the plugin only")->type_name("NAME");
    info->add_option("--plugins-dir", options->plugins_dir,
                     "Look here, instead of in $UDF_HOST_PLUGINS or the installed directory")
        ->type_name("DIR");
    info->add_flag("--json", options->json, "Print JSON");
    info->callback([options] { run(*options); });
}

}  // namespace cli
