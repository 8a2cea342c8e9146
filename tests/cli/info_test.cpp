// SPDX-License-Identifier: MIT
#include "cli/info.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/run_command.h"
#include "plugin/contains.h"
#include "plugin/plugin_files.h"
#include "plugin/temporary_directory.h"

namespace {

std::string info(std::vector<std::string> words) {
    words.insert(words.begin(), "info");
    return run_command(cli::add_info, words);
}

std::string error_of(const std::vector<std::string>& words) {
    try {
        info(words);
        return "no error";
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

const std::string two_algorithms = test_plugin("two_algorithms");

}  // namespace

TEST_CASE("info shows what an algorithm takes and gives") {
    const std::string text = info({two_algorithms, "--algorithm", "tally"});
    CHECK(
        text.starts_with("tally\n"
                         "  help      counts points\n"
                         "  version   2.1\n"
                         "  plugin    " +
                         two_algorithms +
                         "\n"
                         "  edges     stream -> stream\n"
                         "  state     kept in snapshots\n"
                         "  options\n"
                         "    .field(string)           required; the field to count\n"
                         "    .size(int)               required; how many\n"
                         "    .weight(string, double)  repeatable; a field and its weight\n"
                         "    .quiet()                 says nothing\n"
                         "    .strict(bool)            stop at the first\n"
                         "    .every(duration)\n"
                         "\n"));
}

TEST_CASE("info gives a TICKscript with required options first and the others as comments") {
    CHECK(info({two_algorithms, "--algorithm", "tally"}) == Contains("    stream\n"
                                                                     "        |from().measurement('cpu')\n"
                                                                     "        @tally()\n"
                                                                     "            .field('...')\n"
                                                                     "            .size(10)\n"
                                                                     "            // .weight('...', 1.5)\n"
                                                                     "            // .quiet()\n"
                                                                     "            // .strict(TRUE)\n"
                                                                     "            // .every(10s)\n"));
}

TEST_CASE("info gives a window to an algorithm that wants batches") {
    CHECK(info({two_algorithms, "--algorithm", "gather"}) == Contains("    stream\n"
                                                                      "        |from().measurement('cpu')\n"
                                                                      "        |window().period(1m).every(1m)\n"
                                                                      "        @gather()\n"));
}

TEST_CASE("info gives the lines of the configuration with absolute paths") {
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(TEST_PLUGINS);
    const std::string text = info({"./one_algorithm.so"});
    std::filesystem::current_path(before);
    const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
    CHECK(text == Contains("    [udf.functions.drop]\n"
                           "        prog = \"" +
                           self +
                           "\"\n"
                           "        args = [\"--plugin\", \"" +
                           test_plugin("one_algorithm").string() +
                           "\"]\n"
                           "        timeout = \"10s\"\n"));
}

TEST_CASE("info names the algorithm in the configuration where the plugin has several") {
    CHECK(info({two_algorithms}) == Contains("two_algorithms.so\", \"--algorithm\", \"gather\"]\n"));
}

TEST_CASE("info of a plugin shows all of its algorithms") {
    const std::string text = info({two_algorithms});
    CHECK(text.starts_with("tally\n"));
    CHECK(text == Contains("\n\ngather\n  version   1.0.0\n"));
    CHECK(text == Contains("  state     none is kept\n  options   none\n"));
}

TEST_CASE("info finds a plugin or an algorithm by its name in the path") {
    const TemporaryDirectory dir;
    std::filesystem::create_symlink(test_plugin("no_entry"), dir / "no_entry.so");
    std::filesystem::create_symlink(two_algorithms, dir / "both.so");
    CHECK(info({"both", "--plugins-dir", dir.path()}).starts_with("tally\n"));
    CHECK(info({"gather", "--plugins-dir", dir.path()}).starts_with("gather\n"));
}

TEST_CASE("info of an unknown name says where it looked and what is near") {
    const TemporaryDirectory dir;
    std::filesystem::create_symlink(two_algorithms, dir / "both.so");
    CHECK(error_of({"tallly", "--plugins-dir", dir.path()}) ==
          "no plugin and no algorithm 'tallly' in " + dir.path().string() + "; did you mean 'tally'?");
}

TEST_CASE("info of an unknown algorithm of a plugin names those that there are") {
    CHECK(error_of({two_algorithms, "--algorithm", "tallly"}) ==
          two_algorithms + " has no algorithm 'tallly' but tally, gather; did you mean 'tally'?");
}

TEST_CASE("info of a broken plugin is an error with its reason") {
    CHECK(error_of({test_plugin("abort_on_load")}) ==
          "refused " + test_plugin("abort_on_load").string() + ": killed by SIGABRT while loading");
    CHECK(error_of({"/nowhere/foo.so"}) == "refused /nowhere/foo.so: there is no such file");
}

TEST_CASE("info as JSON holds the same") {
    const auto found = nlohmann::json::parse(info({two_algorithms, "--json"}));
    REQUIRE(found["algorithms"].size() == 2);
    const auto& tally = found["algorithms"][0];
    CHECK(tally["name"] == "tally");
    CHECK(tally["plugin"] == two_algorithms);
    CHECK(tally["options"].size() == 6);
    CHECK(tally["tickscript"].get<std::string>() == Contains("    @tally()\n"));
    CHECK(tally["configuration"].get<std::string>() == Contains("[udf.functions.tally]\n"));
}
