// SPDX-License-Identifier: MIT
#include "cli/probe.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "cli/run_command.h"
#include "plugin/contains.h"
#include "plugin/plugin_files.h"
#include "plugin/temporary_directory.h"

using cli::probe;

TEST_CASE("a probe tells all that the tables of a plugin say") {
    const auto found = probe(test_plugin("two_algorithms"));
    CHECK(found.problem == "");
    REQUIRE(found.algorithms.size() == 2);
    const auto& tally = found.algorithms[0];
    CHECK(tally["name"] == "tally");
    CHECK(tally["version"] == "2.1");
    CHECK(tally["help"] == "counts points");
    CHECK(tally["wants"] == "stream");
    CHECK(tally["provides"] == "stream");
    CHECK(tally["snapshot"] == true);
    REQUIRE(tally["options"].size() == 6);
    CHECK(tally["options"][0] ==
          nlohmann::ordered_json::parse(R"({"name": "field", "help": "the field to count", "types": ["string"],
                                            "required": true, "repeatable": false})"));
    CHECK(tally["options"][2]["types"] == std::vector<std::string>{"string", "double"});
    CHECK(tally["options"][2]["repeatable"] == true);
    CHECK(tally["options"][5]["types"] == std::vector<std::string>{"duration"});
    CHECK(found.algorithms[1]["wants"] == "batch");
    CHECK(found.algorithms[1]["provides"] == "stream");
    CHECK(found.algorithms[1]["snapshot"] == false);
}

TEST_CASE("a probe gives the reason of a refusal as it is") {
    const auto file = test_plugin("entry_null");
    CHECK(probe(file).problem == "refused " + file.string() + ": its udf_plugin_v1 returned null");
    CHECK(probe(file).algorithms.empty());
}

TEST_CASE("a plugin that aborts while loading ends the probe alone") {
    CHECK(probe(test_plugin("abort_on_load")).problem == Contains("abort_on_load.so: killed by SIGABRT while loading"));
}

TEST_CASE("a plugin that exits while loading ends the probe alone") {
    CHECK(probe(test_plugin("exit_on_load")).problem ==
          Contains("exit_on_load.so: exited with status 0 while loading"));
}

TEST_CASE("a plugin that hangs while loading is ended at the limit") {
    CHECK(probe(test_plugin("hang_on_load"), std::chrono::milliseconds(50)).problem ==
          Contains("hang_on_load.so: still not loaded after 0.05 s"));
}

TEST_CASE("what a plugin prints while loading stays out of the output") {
    const CapturedOutput output;
    CHECK(probe(test_plugin("talk_on_load")).problem == "");
    CHECK(output.text() == "");
}

TEST_CASE("a file name that is not UTF-8 is survived") {
    const TemporaryDirectory dir;
    const auto file = write_file(dir / "caf\xe9.so", "no plugin");
    CHECK(probe(file).problem == Contains(".so: is not an ELF file"));
}
