// SPDX-License-Identifier: MIT
#include "cli/kapacitor_config.h"

#include <doctest/doctest.h>
#include <toml++/toml.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "cli/function_entry.h"
#include "cli/run_command.h"
#include "cli/universal_names.h"
#include "plugin/contains.h"
#include "plugin/plugin_files.h"
#include "plugin/temporary_directory.h"

namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

const cli::KapacitorSetup setup{
    .program = "/usr/bin/udf-host", .path = {"/p"}, .installed = "/lib/plugins", .socket_dir = "", .timeout = "10s"};
const Strings kUniversal{"native", "native_batch", "native_batch_stream", "native_stream_batch"};

cli::KapacitorSetup with_sockets(const fs::path& directory) {
    cli::KapacitorSetup result = setup;
    result.socket_dir = directory;
    return result;
}

cli::Asked offering(const fs::path& file, const Strings& names, const std::string& help = "") {
    cli::Asked asked{file, {}};
    for (const std::string& name : names)
        asked.probe.algorithms.push_back(
            {{"name", name}, {"version", "1.0"}, {"help", help}, {"wants", "stream"}, {"provides", "batch"}});
    return asked;
}

cli::KapacitorConfig config(const std::vector<cli::Asked>& files, const cli::KapacitorSetup& said = setup) {
    return cli::kapacitor_config(cli::catalogue(files), said);
}

toml::table functions(const std::string& text) {
    CAPTURE(text);
    const toml::table whole = toml::parse(text);
    CHECK(whole.size() == 1);
    const toml::table* found = whole["udf"]["functions"].as_table();
    REQUIRE(found != nullptr);
    return *found;
}

Strings names(const toml::table& table) {
    Strings result;
    for (const auto& [name, value] : table) result.emplace_back(name.str());
    return result;
}

Strings arguments(const toml::table& functions, const std::string& name) {
    const toml::array* found = functions[name]["args"].as_array();
    REQUIRE(found != nullptr);
    Strings result;
    for (const auto& argument : *found) result.push_back(argument.value_or(std::string("no string")));
    return result;
}

std::string value(const toml::table& functions, const std::string& name, const std::string& key) {
    return functions[name][key].value_or(std::string("none"));
}

Strings with_universal(Strings more) {
    more.insert(more.end(), kUniversal.begin(), kUniversal.end());
    std::sort(more.begin(), more.end());
    return more;
}

std::string run(std::vector<std::string> words) {
    words.insert(words.begin(), "kapacitor-config");
    return run_command(cli::add_kapacitor_config, words);
}

}  // namespace

// ---- Entries ----

TEST_CASE("an algorithm is an entry of its own with a line on what it is") {
    const auto found = config({offering("/p/avg.so", {"moving_avg"}, "the mean")});
    CHECK(found.text == Contains("\n[udf.functions.moving_avg]\n"
                                 "    # moving_avg 1.0, stream -> batch: the mean\n"
                                 "    prog = \"/usr/bin/udf-host\"\n"
                                 "    args = [\"--plugin\", \"/p/avg.so\"]\n"
                                 "    timeout = \"10s\"\n"));
    CHECK(found.left_out.empty());
}

TEST_CASE("an algorithm without help has no colon behind it") {
    CHECK(config({offering("/p/avg.so", {"moving_avg"})}).text == Contains("# moving_avg 1.0, stream -> batch\n"));
}

TEST_CASE("an algorithm is named where its plugin has more than one") {
    const auto found = functions(config({offering("/p/a.so", {"tally", "gather"})}).text);
    CHECK(arguments(found, "gather") == Strings{"--plugin", "/p/a.so", "--algorithm", "gather"});
}

TEST_CASE("a plugin in the installed directory is named without its path") {
    const auto found =
        functions(config({offering("/lib/plugins/a.so", {"drop"}), offering("/lib/plugins/x.so.so", {"tally"})}).text);
    CHECK(arguments(found, "drop") == Strings{"--plugin", "a"});
    CHECK(arguments(found, "tally") == Strings{"--plugin", "/lib/plugins/x.so.so"});
}

TEST_CASE("a server is spoken to on the socket of the name") {
    const auto found = functions(config({offering("/p/a.so", {"drop"})}, with_sockets("/run/u")).text);
    CHECK(value(found, "drop", "socket") == "/run/u/drop.sock");
    CHECK(value(found, "native_batch", "socket") == "/run/u/native_batch.sock");
    CHECK(value(found, "drop", "timeout") == "10s");
    CHECK(names(*found["drop"].as_table()) == Strings{"socket", "timeout"});
}

TEST_CASE("the universal functions are there for each pair of edges") {
    const auto found = functions(config({}).text);
    CHECK(names(found) == kUniversal);
    std::set<std::pair<std::string_view, std::string_view>> edges;
    for (const auto& universal : cli::kUniversalNames) {
        const std::string name(universal.name), wants(universal.wants), provides(universal.provides);
        CHECK(arguments(found, name) ==
              Strings{"--any", "--wants", wants, "--provides", provides, "--plugins-dir", "/p"});
        CHECK(value(found, name, "prog") == "/usr/bin/udf-host");
        edges.emplace(universal.wants, universal.provides);
    }
    CHECK(edges.size() == 4);
}

// ---- What is left out ----

TEST_CASE("broken files and clashes are comments at the top and are told") {
    const auto found = config({{"/p/a.so", {.problem = "refused /p/a.so: is\nbroken"}},
                               offering("/p/b.so", {"drop"}),
                               offering("/p/c.so", {"drop"})});
    REQUIRE(found.left_out.size() == 2);
    CHECK(found.left_out[0] == "refused /p/a.so: is broken");
    CHECK(found.left_out[1] == Contains("refused algorithm drop of /p/c.so: /p/b.so has one"));
    const size_t entries = found.text.find("\n[");
    for (const std::string& why : found.left_out) CHECK(found.text.find("\n# " + why + "\n") < entries);
    CHECK(names(functions(found.text)) == with_universal({"drop"}));
}

TEST_CASE("an algorithm of the name of a universal function is left out with the reason") {
    const auto found = config({offering("/p/a.so", {"native_batch", "drop"})});
    REQUIRE(found.left_out.size() == 1);
    CHECK(found.left_out[0] == Contains("left out algorithm native_batch of /p/a.so: a universal function has"));
    const auto entries = functions(found.text);
    CHECK(names(entries) == with_universal({"drop"}));
    CHECK(arguments(entries, "native_batch")[0] == "--any");
}

TEST_CASE("universal functions are left out where there is not one directory to look in") {
    cli::KapacitorSetup two = setup;
    two.path = {"/p", "/q"};
    const auto found = config({offering("/p/a.so", {"drop"})}, two);
    CHECK(names(functions(found.text)) == Strings{"drop"});
    REQUIRE(found.left_out.size() == 1);
    CHECK(found.left_out[0] == Contains("say which with --plugins-dir"));

    two.socket_dir = "/run/u";  // a server knows itself where it looks
    CHECK(names(functions(config({}, two).text)) == kUniversal);
}

TEST_CASE("a path that is not UTF-8 is left out since TOML cannot hold it") {
    const auto found = config({offering("/p/caf\xe9.so", {"drop"}), offering("/p/ok.so", {"tally"})});
    CHECK(names(functions(found.text)) == with_universal({"tally"}));
    REQUIRE(found.left_out.size() == 1);
    CHECK(found.left_out[0] == Contains("left out algorithm drop of /p/caf\xef\xbf\xbd.so: its path is not UTF-8"));
    CHECK(config({}, with_sockets("/run/caf\xe9")).left_out.size() == 4);
}

// ---- Whatever is in a text ----

TEST_CASE("every character of a path comes back from TOML as it was and in a form that old parsers know") {
    std::string odd = "/p/q\"u'o\\te \xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80 {}#]\\n\\u0041'''\"\"\"";
    for (char c = 1; c < 0x20; ++c) odd += c;
    odd += "\x7f.so";
    for (const cli::KapacitorSetup& said : {setup, with_sockets(odd)}) {
        cli::KapacitorSetup all = said;
        all.program = all.path.front() = odd;
        const std::string text = config({offering(odd, {"drop", "tally"})}, all).text;
        const auto found = functions(text);
        if (said.socket_dir.empty()) {
            CHECK(value(found, "drop", "prog") == odd);
            CHECK(arguments(found, "drop") == Strings{"--plugin", odd, "--algorithm", "drop"});
            CHECK(arguments(found, "native").back() == odd);
        } else {
            CHECK(value(found, "drop", "socket") == odd + "/drop.sock");
        }
        CHECK(text.find('\x7f') == text.npos);
        CHECK(text.find("= '") == text.npos);
        CHECK(text.find("\"\"\"\n") == text.npos);
        for (size_t at = 0; (at = text.find('\\', at)) != text.npos; at += 2)
            CHECK(std::string_view("btnfr\"\\uU").find(text[at + 1]) != std::string_view::npos);
    }
}

TEST_CASE("no help breaks out of its comment") {
    const std::string help = "first\n[udf.functions.evil]\r\nprog = \"/bin/sh\"\v\x01\x7f\t\xff end";
    const std::string text = config({offering("/p/a.so", {"drop"}, help)}).text;
    CHECK(text == Contains("# drop 1.0, stream -> batch: first [udf.functions.evil]  prog = \"/bin/sh\"    "
                           "\xef\xbf\xbd end\n"));
    CHECK(names(functions(text)) == with_universal({"drop"}));
}

TEST_CASE("what is printed can be pasted behind a file with the tables of functions or without") {
    const std::string text = config({offering("/p/a.so", {"drop"})}).text;
    for (const std::string before :
         {"", "[udf]\n[udf.functions]\n", "[udf.functions.other]\n  prog = \"x\"\n[http]\n"}) {
        CAPTURE(before);
        const toml::table whole = toml::parse(before + text);
        CHECK(whole["udf"]["functions"]["drop"]["prog"].value_or(std::string()) == "/usr/bin/udf-host");
    }
}

// ---- The subcommand ----

TEST_CASE("kapacitor-config finds the plugins of a directory by absolute path whatever is in it") {
    const TemporaryDirectory dir;
    const fs::path odd = dir / "a \"b\\c\nd";
    fs::create_directory(odd);
    fs::create_symlink(test_plugin("two_algorithms"), odd / "two.so");
    fs::create_symlink(test_plugin("no_entry"), odd / "none.so");
    const fs::path before = fs::current_path();
    fs::current_path(dir.path());
    const std::string text = run({"--plugins-dir", "./a \"b\\c\nd"});
    fs::current_path(before);
    const auto found = functions(text);
    CHECK(names(found) == with_universal({"gather", "tally"}));
    CHECK(arguments(found, "tally") == Strings{"--plugin", odd / "two.so", "--algorithm", "tally"});
    CHECK(value(found, "tally", "prog") == fs::read_symlink("/proc/self/exe"));
    CHECK(arguments(found, "native").back() == odd);
    CHECK(text == Contains("/none.so: exports no function"));
}

TEST_CASE("kapacitor-config names sockets below an absolute directory") {
    const TemporaryDirectory dir;
    fs::create_symlink(test_plugin("one_algorithm"), dir / "one.so");
    const Strings words{"--plugins-dir", dir.path(), "--mode", "socket"};
    CHECK(value(functions(run(words)), "drop", "socket") == "/run/udf-host/drop.sock");
    Strings more = words;
    more.insert(more.end(), {"--socket-dir", "sockets"});
    CHECK(value(functions(run(more)), "drop", "socket") == fs::current_path() / "sockets/drop.sock");
}

TEST_CASE("kapacitor-config writes a timeout as Kapacitor reads it") {
    const TemporaryDirectory dir;
    const auto timeout = [&](const std::string& said) {
        return value(functions(run({"--plugins-dir", dir.path(), "--timeout", said})), "native", "timeout");
    };
    CHECK(timeout("10s") == "10s");
    CHECK(timeout("1m30s") == "90s");
    CHECK(timeout("1d") == "24h");
    CHECK(timeout("1500u") == "1500us");
    CHECK(timeout("1000001ns") == "1000001ns");
    for (const char* wrong : {"soon", "0s", "1ms", "-1s", "10"}) {
        CAPTURE(wrong);
        CHECK_THROWS_WITH_AS(timeout(wrong), doctest::Contains("is no duration above 1ms"), CLI::ValidationError);
    }
}

TEST_CASE("kapacitor-config refuses a directory of sockets where there are none") {
    CHECK_THROWS_AS(run({"--socket-dir", "/run/u"}), CLI::RequiresError);
    CHECK_THROWS_AS(run({"--mode", "pipe"}), CLI::ValidationError);
}
