// SPDX-License-Identifier: MIT
//
// What `udf-host kapacitor-config` prints is TOML, and its commands are what Kapacitor can start.
#include <doctest/doctest.h>
#include <toml++/toml.h>

#include <filesystem>
#include <string>
#include <vector>

#include "plugin/contains.h"
#include "plugin/temporary_directory.h"
#include "system/udf_process.h"

namespace fs = std::filesystem;

TEST_CASE("each function that kapacitor-config prints for a plugin can be started as it says") {
    const TemporaryDirectory directory;
    fs::create_symlink(TEST_PLUGINS "/two_algorithms.so", directory / "a \"plugin\".so");
    fs::create_symlink(TEST_PLUGINS "/no_entry.so", directory / "none.so");
    const Ended ended = run_udf_host({"kapacitor-config", "--plugins-dir", directory.path()});
    CHECK(ended.status == 0);
    CHECK(ended.errors.starts_with("udf-host: warning: refused "));
    CHECK(ended.errors == Contains("none.so: exports no function"));
    CHECK(ended.errors.find('\n') == ended.errors.size() - 1);

    const toml::table printed = toml::parse(ended.output);
    for (const char* name : {"tally", "gather"}) {
        CAPTURE(name);
        const auto function = printed["udf"]["functions"][name];
        CHECK(function["prog"].value_or(std::string()) == fs::canonical(UDF_HOST));
        const toml::array* words = function["args"].as_array();
        REQUIRE(words != nullptr);
        std::vector<std::string> arguments;
        for (const auto& word : *words) arguments.push_back(word.value_or(std::string()));
        const Ended started = run_udf_host(arguments);
        CHECK(started.status == 0);
        CHECK(started.errors == "");
    }
}
