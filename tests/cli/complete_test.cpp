// SPDX-License-Identifier: MIT
#include "cli/complete.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace {

using More = cli::Candidates::More;
using Words = std::vector<std::string>;

cli::CommandWords command_line() {
    static std::string text;
    static std::vector<std::string> texts;
    static bool flag;
    CLI::App app("", "prog");
    app.add_option("--plugin", text)->type_name("NAME_OR_PATH");
    app.add_option("--log-level", text)->check(CLI::IsMember({"debug", "info"}));
    CLI::App& run = *app.add_subcommand("run", "tries it");
    run.add_option("--plugin", text)->type_name("NAME_OR_PATH");
    run.add_option("--plugins-dir", text)->type_name("DIR");
    run.add_option("--algorithm", text)->type_name("NAME");
    run.add_option("--option", texts)->type_name("NAME=VALUE");
    run.add_option("--measure", texts)->delimiter(',')->check(CLI::IsMember({"start", "speed"}).description(""));
    run.add_flag("--strict", flag, "stops");
    run.add_option("-o,--output-file", text)->type_name("FILE");
    run.add_option("FILES", texts);
    app.add_subcommand("info")->add_option("name", text)->type_name("PLUGIN_OR_ALGORITHM");
    app.add_subcommand("list")->add_flag("--json", flag);
    app.add_subcommand("supervise")->add_option("command", texts)->type_name("COMMAND ARGS...");
    app.add_subcommand("secret")->group("");
    return cli::describe(app);
}

// A directory with two plugins, `one` and `two`; another one, `elsewhere`, with `three`.
const cli::PluginSource kPlugins{
    .plugins =
        [](const Words& directories) {
            return directories == Words{"elsewhere"} ? Words{"three"} : Words{"one", "two"};
        },
    .algorithms = [](const std::string& plugin, const Words&) -> nlohmann::ordered_json {
        const auto algorithm = [](const char* name, const char* option) -> nlohmann::ordered_json {
            return {{"name", name},
                    {"help", "of it"},
                    {"options",
                     {{{"name", option}, {"help", "an option"}, {"types", {"int"}}},
                      {{"name", "strict"}, {"help", ""}, {"types", nlohmann::ordered_json::array()}}}}};
        };
        if (plugin == "one") return {algorithm("one", "size")};
        if (plugin == "two") return {algorithm("first", "a"), algorithm("second", "b")};
        return {algorithm("one", "size"), algorithm("first", "a"), algorithm("second", "b")};
    }};

cli::Candidates at(const Words& words) { return cli::complete(command_line(), words, kPlugins); }

Words offered(const Words& words) {
    Words found;
    for (const auto& candidate : at(words).words) found.push_back(candidate.word);
    std::ranges::sort(found);
    return found;
}

}  // namespace

TEST_CASE("the first word may be a subcommand, but none that is hidden") {
    CHECK(offered({""}) == Words{"info", "list", "run", "supervise"});
    CHECK(offered({"r"}) == Words{"run"});
    CHECK(at({"r"}).words[0].help == "tries it");
    CHECK(offered({"--plugin", "one", "r"}).empty());
}

TEST_CASE("options are those of the subcommand and are not offered twice") {
    CHECK(offered({"--"}) == Words{"--help", "--log-level", "--plugin"});
    CHECK(offered({"run", "--pl"}) == Words{"--plugin", "--plugins-dir"});
    CHECK(offered({"run", "--plugin", "one", "--pl"}) == Words{"--plugins-dir"});
    CHECK(offered({"run", "--strict", "--st"}).empty());
    CHECK(offered({"run", "--option", "a=1", "--opt"}) == Words{"--option"});
    CHECK(offered({"list", ""}) == Words{"--help", "--json"});
}

TEST_CASE("an option that takes certain words offers those") {
    CHECK(offered({"--log-level", ""}) == Words{"debug", "info"});
    CHECK(offered({"--log-level", "d"}) == Words{"debug"});
    CHECK(offered({"--log-level=i"}) == Words{"--log-level=info"});
    CHECK(at({"--log-level", ""}).more == More::nothing);
}

TEST_CASE("of a list the last word is completed behind the others") {
    CHECK(offered({"run", "--measure", "start,sp"}) == Words{"start,speed"});
    CHECK(offered({"run", "--measure=start,sp"}) == Words{"--measure=start,speed"});
}

TEST_CASE("a plugin is a name or a file") {
    CHECK(offered({"run", "--plugin", ""}) == Words{"one", "two"});
    CHECK(offered({"run", "--plugin=t"}) == Words{"--plugin=two"});
    CHECK(at({"run", "--plugin", "./pl"}).words.empty());
    CHECK(at({"run", "--plugin", "./pl"}).more == More::files);
}

TEST_CASE("plugins are looked up where the line says") {
    CHECK(offered({"run", "--plugins-dir", "elsewhere", "--plugin", ""}) == Words{"three"});
    CHECK(offered({"run", "--plugins-dir=elsewhere", "--plugin", ""}) == Words{"three"});
}

TEST_CASE("algorithms and options are those of the plugin that was named") {
    CHECK(offered({"run", "--plugin", "two", "--algorithm", ""}) == Words{"first", "second"});
    CHECK(offered({"run", "--plugin", "one", "--option", ""}) == Words{"size=", "strict"});
    CHECK(offered({"run", "--plugin", "two", "--algorithm", "second", "--option", ""}) == Words{"b=", "strict"});
    CHECK(offered({"run", "--option", ""}).empty());
}

TEST_CASE("info takes a plugin or an algorithm, and says a name that both have once") {
    CHECK(offered({"info", ""}) == Words{"first", "one", "second", "two"});
    CHECK(at({"info", "one"}).words[0].help == "of it");
    CHECK(at({"info", ""}).more == More::files);
    CHECK(at({"info", "one", ""}).more == More::nothing);
}

TEST_CASE("files, directories and commands are left to the shell") {
    CHECK(at({"run", "--output-file", ""}).more == More::files);
    CHECK(at({"run", "-o", ""}).more == More::files);
    CHECK(at({"run", "--plugins-dir", ""}).more == More::directories);
    CHECK(at({"run", "--plugin", "one", "x"}).more == More::files);
    CHECK(at({"supervise", "--", ""}).more == More::commands);
    CHECK(at({"supervise", "--", "python3", ""}).more == More::files);
}

TEST_CASE("behind -- there are no options") {
    CHECK(offered({"run", "--", "--"}).empty());
    CHECK(at({"run", "--", ""}).more == More::commands);
    CHECK(at({"run", "--", "python3", ""}).more == More::files);
    CHECK(at({"run", "--plugin", "one", "--", ""}).more == More::files);
}

TEST_CASE("a line that makes no sense offers what it can") {
    CHECK(offered({"--unknown", ""}).empty() == false);
    CHECK(offered({"run", "--unknown=x", "--str"}) == Words{"--strict"});
    CHECK(offered({}) == offered({""}));
}
