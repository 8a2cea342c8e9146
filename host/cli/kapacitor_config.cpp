// SPDX-License-Identifier: MIT
#include "cli/kapacitor_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "cli/function_entry.h"
#include "cli/probe.h"
#include "cli/universal_names.h"
#include "log/log.h"
#include "text/duration.h"
#include "text/utf8.h"

namespace cli {
namespace {

namespace fs = std::filesystem;

bool is_utf8(std::string_view text) { return text::find_bad_utf8(text) == text.npos; }

// Not where there are ".." in it: what that means depends on links.
fs::path made_absolute(const fs::path& path) {
    fs::path whole = fs::absolute(path);
    return std::find(whole.begin(), whole.end(), "..") == whole.end() ? whole.lexically_normal() : whole;
}

std::string socket_of(std::string_view name, const KapacitorSetup& setup) {
    return setup.socket_dir.empty() ? "" : (setup.socket_dir / fmt::format("{}.sock", name)).string();
}

FunctionEntry entry(const std::string& name, const Catalogue::Offer& offer, const KapacitorSetup& setup) {
    const auto text = [&](const char* key) { return offer.description[key].get<std::string>(); };
    const fs::path stem = offer.file.stem();
    const bool by_name = offer.file.parent_path() == setup.installed && stem.extension() != ".so";
    FunctionEntry result{
        .name = name,
        .comment = fmt::format("{} {}, {} -> {}", name, text("version"), text("wants"), text("provides")),
        .program = setup.program,
        .arguments = {"--plugin", by_name ? stem : offer.file},
        .socket = socket_of(name, setup),
        .timeout = setup.timeout};
    if (const std::string help = text("help"); !help.empty()) result.comment += ": " + help;
    if (!offer.is_only_one) result.arguments.insert(result.arguments.end(), {"--algorithm", name});
    return result;
}

FunctionEntry entry(const UniversalName& universal, const KapacitorSetup& setup) {
    return {.name = std::string(universal.name),
            .comment = fmt::format("whatever algorithm a task names, {} -> {}", universal.wants, universal.provides),
            .program = setup.program,
            .arguments = {"--any", "--wants", std::string(universal.wants), "--provides",
                          std::string(universal.provides), "--plugins-dir", setup.path.front()},
            .socket = socket_of(universal.name, setup),
            .timeout = setup.timeout};
}

// Why this entry cannot be there, in words that follow what it is of; empty where it can.
std::string problem_of(const FunctionEntry& entry) {
    const auto is_bad = [](const std::string& text) { return !is_utf8(text); };
    if (!entry.socket.empty()
            ? is_bad(entry.socket)
            : is_bad(entry.program) || std::any_of(entry.arguments.begin(), entry.arguments.end(), is_bad))
        return "its path is not UTF-8, which kapacitor.conf has to be; rename it";
    return {};
}

}  // namespace

KapacitorConfig kapacitor_config(const Catalogue& offered, const KapacitorSetup& setup) {
    KapacitorConfig result;
    const auto leave_out = [&](const std::string& why) { result.left_out.push_back(in_one_line(why)); };
    std::string entries;
    const auto add = [&](const FunctionEntry& entry, const std::string& what) {
        if (const std::string problem = problem_of(entry); !problem.empty())
            leave_out(fmt::format("left out {}: {}", what, problem));
        else
            entries += "\n" + written(entry);
    };

    for (const auto& refusal : offered.refused) leave_out(refusal.reason);
    for (const auto& [name, offer] : offered.algorithms) {
        const std::string what = fmt::format("algorithm {} of {}", name, offer.file.string());
        if (is_universal_name(name))
            leave_out(
                fmt::format("left out {}: a universal function has that name, through which it can be had", what));
        else
            add(entry(name, offer, setup), what);
    }
    if (setup.socket_dir.empty() && setup.path.size() != 1)
        leave_out(
            "left out the universal functions: they look for plugins in one directory; say which with --plugins-dir");
    else
        for (const UniversalName& universal : kUniversalNames)
            add(entry(universal, setup), fmt::format("the universal function {}", universal.name));

    result.text = "# For kapacitor.conf, by `udf-host kapacitor-config`. Kapacitor reads it when it starts.\n";
    for (const std::string& why : result.left_out) result.text += fmt::format("# {}\n", why);
    result.text += entries;
    return result;
}

namespace {

struct KapacitorConfigOptions {
    std::string plugins_dir;
    std::string mode = "prog";
    std::string socket_dir = "/run/udf-host";
    std::string timeout = "10s";
};

constexpr int64_t kMillisecond = 1'000'000;

// As Go reads it, which knows no days and weeks. Kapacitor refuses a millisecond or less.
std::string go_duration(const std::string& text) {
    const std::optional<int64_t> ns = text::parse_duration(text);
    if (!ns || *ns <= kMillisecond)
        throw CLI::ValidationError("--timeout", fmt::format("'{}' is no duration above 1ms, as 10s is", text));
    constexpr std::pair<int64_t, const char*> kUnits[] = {
        {3'600'000 * kMillisecond, "h"},
        {60'000 * kMillisecond, "m"},
        {1'000 * kMillisecond, "s"},
        {kMillisecond, "ms"},
        {1'000, "us"},
    };
    for (const auto& [unit, name] : kUnits)
        if (*ns % unit == 0) return fmt::format("{}{}", *ns / unit, name);
    return fmt::format("{}ns", *ns);
}

void run(const KapacitorConfigOptions& options) {
    const bool sockets = options.mode == "socket";
    KapacitorSetup setup{
        .program = own_program(),
        .path = sockets ? plugin::server_search_path(options.plugins_dir) : plugin::search_path(options.plugins_dir),
        .installed = made_absolute(plugin::server_search_path({}).front()),
        .socket_dir = sockets ? made_absolute(options.socket_dir) : "",
        .timeout = go_duration(options.timeout)};
    for (fs::path& directory : setup.path) directory = made_absolute(directory);

    std::vector<Asked> files;
    for (const fs::path& file : plugin::list(setup.path)) files.push_back({file, probe(file)});
    if (files.empty()) logging::warning(fmt::format("no plugins in {}", plugin::describe(setup.path)));
    const KapacitorConfig config = kapacitor_config(catalogue(files), setup);
    for (const std::string& why : config.left_out) logging::warning(why);
    fmt::print("{}", config.text);
}

}  // namespace

void add_kapacitor_config(CLI::App& app) {
    const auto options = std::make_shared<KapacitorConfigOptions>();
    CLI::App* config = app.add_subcommand(
        "kapacitor-config", "Print the functions of kapacitor.conf for all algorithms in the plugin path");
    config
        ->add_option("--plugins-dir", options->plugins_dir,
                     "Look here, instead of in $UDF_HOST_PLUGINS (with --mode prog) or the installed directory")
        ->type_name("DIR");
    config
        ->add_option("--mode", options->mode,
                     "prog: Kapacitor starts udf-host for each node of a task; socket: it speaks to a server")
        ->type_name("MODE")
        ->capture_default_str()
        ->check(CLI::IsMember({"prog", "socket"}).description(""));
    CLI::Option* socket_dir =
        config->add_option("--socket-dir", options->socket_dir, "Where the server has its sockets, NAME.sock")
            ->type_name("DIR")
            ->capture_default_str();
    config->add_option("--timeout", options->timeout, "How long Kapacitor waits for an answer before it fails a task")
        ->type_name("DURATION")
        ->capture_default_str();
    config->footer(
        "What is printed can be pasted behind any kapacitor.conf, with [udf.functions] in it or without. Broken files "
        "are comments and warnings, and do not change the exit status, which is 0.");
    config->callback([options, socket_dir] {
        if (socket_dir->count() != 0 && options->mode != "socket")
            throw CLI::RequiresError("--socket-dir", "--mode socket");
        run(*options);
    });
}

}  // namespace cli
