// SPDX-License-Identifier: MIT
#include "cli/list.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/run_command.h"
#include "plugin/contains.h"
#include "plugin/plugin_files.h"
#include "plugin/temporary_directory.h"

namespace {

// A plugins directory with links to some of the plugins of the tests.
class PluginsDirectory {
public:
    explicit PluginsDirectory(const std::vector<std::string>& names) {
        for (const std::string& name : names)
            std::filesystem::create_symlink(test_plugin(name), directory_ / (name + ".so"));
    }
    std::string path() const { return directory_.path(); }

private:
    TemporaryDirectory directory_;
};

std::string list(const PluginsDirectory& plugins) {
    return run_command(cli::add_list, {"list", "--plugins-dir", plugins.path()});
}

nlohmann::json list_json(const PluginsDirectory& plugins) {
    return nlohmann::json::parse(run_command(cli::add_list, {"list", "--json", "--plugins-dir", plugins.path()}));
}

}  // namespace

TEST_CASE("list prints a line for each algorithm") {
    const PluginsDirectory plugins({"one_algorithm", "two_algorithms"});
    CHECK(list(plugins) ==
          "ALGORITHM  PLUGIN             VERSION  EDGES             HELP\n"
          "drop       one_algorithm.so   1.0      stream -> stream  drops every point\n"
          "tally      two_algorithms.so  2.1      stream -> stream  counts points\n"
          "gather     two_algorithms.so  1.0.0    batch -> stream\n");
}

TEST_CASE("list names broken files with their reason after those that work") {
    const PluginsDirectory plugins({"abort_on_load", "no_entry", "one_algorithm"});
    const std::string text = list(plugins);
    CHECK(text == Contains("drop       one_algorithm.so"));
    CHECK(text == Contains("\n\nbroken:\n  refused " + plugins.path() + "/abort_on_load.so: killed by SIGABRT"));
    CHECK(text == Contains("\n  refused " + plugins.path() + "/no_entry.so: exports no function udf_plugin_v1"));
}

TEST_CASE("list of broken files alone has no table") {
    const PluginsDirectory plugins({"no_entry"});
    CHECK(list(plugins).starts_with("broken:\n  refused "));
}

TEST_CASE("list names algorithms of a name that another has first as broken") {
    const PluginsDirectory plugins({"one_algorithm", "two_algorithms"});
    std::filesystem::create_symlink(test_plugin("one_algorithm"), plugins.path() + "/a.so");
    std::filesystem::create_symlink(test_plugin("two_algorithms"), plugins.path() + "/z.so");
    const std::string reason = "refused algorithm drop of " + plugins.path() + "/one_algorithm.so: " + plugins.path() +
                               "/a.so has one of that name and comes first; remove one of them";
    const std::string text = list(plugins);
    CHECK(text == Contains("drop       a.so"));
    CHECK(text.find("drop       one_algorithm.so") == text.npos);
    CHECK(text == Contains("tally      two_algorithms.so"));
    CHECK(text == Contains("\n\nbroken:\n  " + reason + "\n  refused algorithm tally of "));

    const auto found = list_json(plugins);
    CHECK(found["algorithms"].size() == 3);
    REQUIRE(found["broken"].size() == 3);
    CHECK(found["broken"][0]["plugin"] == plugins.path() + "/one_algorithm.so");
    CHECK(found["broken"][0]["algorithm"] == "drop");
    CHECK(found["broken"][0]["reason"] == reason);
    CHECK(found["broken"][2]["algorithm"] == "gather");
}

TEST_CASE("list says where it looked when there is nothing") {
    const PluginsDirectory plugins({});
    CHECK(list(plugins) == "no plugins in " + plugins.path() + "\n");
    CHECK(run_command(cli::add_list, {"list", "--plugins-dir", "/nowhere"}) ==
          "no plugins in /nowhere (which does not exist)\n");
}

TEST_CASE("list as JSON holds algorithms and broken files") {
    const PluginsDirectory plugins({"no_entry", "talk_on_load", "two_algorithms"});
    const auto found = list_json(plugins);
    CHECK(found["path"] == std::vector<std::string>{plugins.path()});
    REQUIRE(found["algorithms"].size() == 3);
    CHECK(found["algorithms"][1]["name"] == "tally");
    CHECK(found["algorithms"][1]["plugin"] == plugins.path() + "/two_algorithms.so");
    CHECK(found["algorithms"][1]["options"][0]["name"] == "field");
    REQUIRE(found["broken"].size() == 1);
    CHECK(found["broken"][0]["plugin"] == plugins.path() + "/no_entry.so");
    CHECK(found["broken"][0]["reason"].get<std::string>() == Contains("exports no function udf_plugin_v1"));
}

TEST_CASE("list as JSON of nothing has empty arrays") {
    const PluginsDirectory plugins({});
    const auto found = list_json(plugins);
    CHECK(found["algorithms"] == nlohmann::json::array());
    CHECK(found["broken"] == nlohmann::json::array());
}
