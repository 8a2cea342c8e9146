// SPDX-License-Identifier: MIT
#include "cli/any.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>

#include "plugin/contains.h"
#include "plugin/plugin_files.h"
#include "plugin/temporary_directory.h"

namespace {

namespace fs = std::filesystem;
using kapacitor::udf::InitRequest;

// A plugins directory of which some files are named after what is in them, and some are not.
class Plugins {
public:
    // Each is a plugin of the tests, and the name that it gets.
    Plugins(std::initializer_list<std::pair<std::string, std::string>> plugins) {
        for (const auto& [plugin, name] : plugins) fs::create_symlink(test_plugin(plugin), directory_ / (name + ".so"));
    }
    fs::path path() const { return directory_.path(); }
    cli::Any any(uint32_t wants = UDF_STREAM, uint32_t provides = UDF_STREAM) const {
        return {.wants = wants, .provides = provides, .path = {path()}, .prober = {.program = UDF_HOST}};
    }

private:
    TemporaryDirectory directory_;
};

InitRequest task_of(const std::string& algorithm) {
    InitRequest request;
    if (algorithm.empty()) return request;
    request.add_options()->set_name("algorithm");
    request.mutable_options(0)->add_values()->set_stringvalue(algorithm);
    return request;
}

std::string chosen(const cli::Any& any, const std::string& algorithm) {
    const agent::Choice choice = cli::choose(any, task_of(algorithm));
    return choice.algorithm->name + (" of " + choice.plugin);
}

std::string why_none(const cli::Any& any, const std::string& algorithm) {
    try {
        return chosen(any, algorithm);
    } catch (const std::exception& e) {
        return e.what();
    }
}

}  // namespace

TEST_CASE("an algorithm is found in the plugin of its name") {
    const Plugins plugins{{"two_algorithms", "tally"}, {"two_algorithms", "a"}};
    CHECK(chosen(plugins.any(), "tally") == "tally of tally.so");
}

TEST_CASE("an algorithm is found in a plugin of another name, past those that crash and exit") {
    const Plugins plugins{{"abort_on_load", "a"}, {"exit_on_load", "b"}, {"entry_null", "c"}, {"two_algorithms", "d"}};
    CHECK(chosen(plugins.any(), "tally") == "tally of d.so");
}

TEST_CASE("a plugin of the name that has no such algorithm, or is broken, does not hide another that has it") {
    CHECK(chosen(Plugins{{"one_algorithm", "tally"}, {"two_algorithms", "x"}}.any(), "tally") == "tally of x.so");
    CHECK(chosen(Plugins{{"entry_null", "tally"}, {"two_algorithms", "x"}}.any(), "tally") == "tally of x.so");
}

TEST_CASE("a broken plugin of the name is what is told where no other has the algorithm") {
    const Plugins plugins{{"entry_null", "tally"}};
    CHECK(why_none(plugins.any(), "tally") ==
          "refused " + (plugins.path() / "tally.so").string() + ": its udf_plugin_v1 returned null");
}

TEST_CASE("what has been kept is looked into first") {
    const Plugins plugins{{"entry_null", "tally"}};
    cli::Any any = plugins.any();
    any.kept = test_plugin("two_algorithms");
    CHECK(chosen(any, "tally") == "tally of tally.so");
}

TEST_CASE("an algorithm whose edges do not fit is refused with those that do") {
    const Plugins plugins{{"two_algorithms", "a"}};
    CHECK(why_none(plugins.any(), "gather") ==
          "algorithm 'gather' takes batches and gives streams; this function is stream to stream, for: tally");
    CHECK(chosen(plugins.any(UDF_BATCH, UDF_STREAM), "gather") == "gather of a.so");
    CHECK(why_none(plugins.any(UDF_BATCH, UDF_BATCH), "gather") ==
          "algorithm 'gather' takes batches and gives streams; this function is batch to batch, for: none that there "
          "is");
}

TEST_CASE("an unknown algorithm is refused with those that there are, what is broken, and a near name") {
    const Plugins plugins{{"two_algorithms", "a"}, {"entry_null", "b"}};
    CHECK(why_none(plugins.any(), "taly") ==
          "there is no algorithm 'taly' in " + plugins.path().string() +
              "; this function is stream to stream, for: tally; 1 file is broken, see udf-host list; did you mean "
              "'tally'?");
}

TEST_CASE("a task that names no algorithm is told how, and which there are") {
    const Plugins plugins{{"two_algorithms", "a"}};
    CHECK(why_none(plugins.any(), "") ==
          "a task says which algorithm: .algorithm('NAME'); this function is stream to stream, for: tally");
}

TEST_CASE("no part of a path can be made of a task's algorithm") {
    const TemporaryDirectory outside;
    fs::create_symlink(test_plugin("two_algorithms"), outside / "tally.so");
    const Plugins plugins{};
    const std::string name = "../" + outside.path().filename().string() + "/tally";
    REQUIRE(fs::exists(plugins.path() / (name + ".so")));
    CHECK(why_none(plugins.any(), name) == Contains("there is no algorithm '" + name + "'"));
    CHECK_FALSE(cli::plugin_named_in(task_of(name), {plugins.path()}));
}

TEST_CASE("the plugin of the name of a task's algorithm is found without asking it") {
    const Plugins plugins{{"hang_on_load", "tally"}};
    CHECK(cli::plugin_named_in(task_of("tally"), {plugins.path()}) == plugins.path() / "tally.so");
    CHECK_FALSE(cli::plugin_named_in(task_of("mirror"), {plugins.path()}));
    CHECK_FALSE(cli::plugin_named_in(task_of(""), {plugins.path()}));
}
