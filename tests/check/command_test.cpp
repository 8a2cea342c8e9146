// SPDX-License-Identifier: MIT
//
// `udf-host check` as an author and a CI start it.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "check/checks.h"
#include "plugin/contains.h"
#include "system/udf_process.h"

namespace {

const std::string kMovingAvg = PLUGINS_DIR "/moving_avg.so";
const std::string kHostile = HOSTILE_CHECK "/handlers.so";

}  // namespace

TEST_CASE("a good plugin passes with status 0, and the options that were made up are told") {
    const Ended ended = run_udf_host({"check", kMovingAvg, "--only", "create", "--only", "restore"});
    CHECK(ended.status == 0);
    CHECK(ended.output == "plugin " + kMovingAvg +
                              "\n"
                              "algorithm moving_avg\n"
                              "  pass  create           with made-up options: field='value' size=3\n"
                              "  pass  restore\n"
                              "2 checks: 2 passed, 0 warned, 0 failed, 0 skipped\n");
    CHECK(ended.errors.empty());
}

TEST_CASE("what fails is told with why it matters and what to do, and status 1") {
    const Ended ended = run_udf_host({"check", kHostile, "--algorithm", "leaks", "--only", "leaks"});
    CHECK(ended.status == 1);
    CHECK(ended.output ==
          Contains("  FAIL  leaks            each handler leaves some 1"));  // 100 bytes and the allocator's
    CHECK(ended.output == Contains(" bytes behind\n                         why: A server lives for months"));
    CHECK(ended.output == Contains("do:  Free in destroy what create and the data have allocated"));
}

TEST_CASE("a crash is told with the calls that led to it") {
    const Ended ended = run_udf_host({"check", kHostile, "--algorithm", "crashes_in_create"});
    CHECK(ended.output ==
          Contains("FAIL  create           was killed by SIGABRT (Aborted) (at: create with no options)"));
    CHECK(ended.output == Contains("| " + kHostile + "("));
    CHECK(ended.output == Contains("more          not tried, because of create"));
}

TEST_CASE("warnings leave the status at 0") {
    const Ended ended = run_udf_host({"check", kHostile, "--algorithm", "chatters", "--only", "log-lines"});
    CHECK(ended.status == 0);
    CHECK(ended.output == Contains("1 checks: 0 passed, 1 warned, 0 failed, 0 skipped"));
}

TEST_CASE("JSON has every check once, with status and reasons") {
    const Ended ended = run_udf_host({"check", kHostile, "--algorithm", "no_help", "--json"});
    const auto report = nlohmann::json::parse(ended.output);
    CHECK(report["plugin"] == kHostile);
    CHECK(report["algorithms"] == nlohmann::json{"no_help"});
    CHECK(report["summary"]["good"] == true);
    CHECK(report["summary"]["warned"] == 1);
    bool seen = false;
    for (const auto& each : report["checks"]) {
        CHECK(check::find_check(each["name"].get<std::string>()) != nullptr);
        if (each["name"] != "descriptor") continue;
        seen = true;
        CHECK(each["algorithm"] == "no_help");
        CHECK(each["status"] == "warn");
        CHECK(each["details"][0] == nlohmann::json{{"status", "warn"}, {"text", "has no version"}});
        CHECK_FALSE(each["why"].get<std::string>().empty());
    }
    CHECK(seen);
}

TEST_CASE("--list shows every check with its promise") {
    const Ended ended = run_udf_host({"check", "--list"});
    CHECK(ended.status == 0);
    for (const check::Check& each : check::checks()) CHECK(ended.output == Contains(each.promise));
}

TEST_CASE("a command line that does not fit the plugin is told apart from a bad plugin") {
    const auto error = [](std::vector<std::string> words) {
        words.insert(words.begin(), "check");
        const Ended ended = run_udf_host(words);
        CHECK(ended.status == 2);
        CHECK(ended.output.empty());
        return ended.errors;
    };
    CHECK(error({}) == Contains("PLUGIN is required"));
    CHECK(error({kMovingAvg, "--only", "leak"}) == Contains("there is no check 'leak'; did you mean 'leaks'?"));
    CHECK(error({kMovingAvg, "--timeout", "0"}) == Contains("--timeout: is a number of seconds, more than 0"));
    CHECK(error({kMovingAvg, "--algorithm", "mean"}) == Contains("has no algorithm 'mean' but moving_avg"));
    CHECK(error({kMovingAvg, "--option", "fjeld=x"}) == Contains("unknown option fjeld"));
    CHECK(error({kMovingAvg, "--option", "size=ten"}) == Contains("option size"));
}

TEST_CASE("a file that is not there fails, and nothing else is said of it") {
    const Ended ended = run_udf_host({"check", "./nothing.so"});
    CHECK(ended.status == 1);
    CHECK(ended.output == Contains("FAIL  loads"));
    CHECK(ended.output == Contains("there is no such file"));
    CHECK(ended.output == Contains(" 0 passed, 0 warned, 1 failed,"));
}
