// SPDX-License-Identifier: MIT
//
// `udf-host bench`, whole: what it measures is not held, but that it measures.
#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "plugin/contains.h"
#include "plugin/temporary_directory.h"
#include "system/udf_process.h"

namespace {

Ended bench(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"bench", "--plugins-dir", PLUGINS_DIR, "--rounds", "1", "--seconds", "0.02",
                                         "--round-trips", "20"});
    return run_udf_host(arguments);
}

// Runs it and gives back its JSON.
nlohmann::json figures(std::vector<std::string> arguments) {
    const TemporaryDirectory directory;
    const std::string file = directory / "out.json";
    arguments.insert(arguments.begin(), {"--json", file});
    const Ended ended = bench(arguments);
    CHECK(ended.errors == "");
    REQUIRE(ended.status == 0);
    return nlohmann::json::parse(std::ifstream(file));
}

std::vector<std::string> names(const nlohmann::json& rows) {
    std::vector<std::string> names;
    for (const auto& row : rows) names.push_back(row["contender"]);
    return names;
}

size_t sockets_left() {
    size_t left = 0;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::temp_directory_path()))
        left += entry.path().filename().string().starts_with("udf-host-bench-");
    return left;
}

}  // namespace

TEST_CASE("bench measures a plugin alone and supervised, beside cat") {
    const auto json = figures({"--plugin", "mirror", "--shape", "small"});
    for (const char* kind : {"throughput", "start"})
        CHECK(names(json[kind]) == std::vector<std::string>{"cat", "mirror", "mirror, supervised"});
    CHECK(names(json["latency"]) == std::vector<std::string>{"cat", "cat | cat", "mirror", "mirror, supervised"});
    for (const auto& row : json["throughput"]) {
        CHECK(row["points_in"] == row["points_out"]);
        CHECK(row["points_in"].get<uint64_t>() > 0);
    }
    for (const auto& row : json["latency"]) CHECK(row["round_trips"] == 20);
}

TEST_CASE("bench says what supervision costs, beside what one more process does") {
    const auto json = figures({"--plugin", "mirror", "--shape", "small", "--measure", "throughput,latency"});
    CHECK_FALSE(json["throughput"][1].contains("of_direct"));
    const auto& supervised = json["throughput"][2];
    CHECK(supervised["of_direct"].get<double>() > 0);
    CHECK(supervised["pss_bytes"].get<size_t>() > 500'000);
    CHECK(supervised["peak_memory_bytes"].get<size_t>() > json["throughput"][1]["peak_memory_bytes"].get<size_t>());
    CHECK(json["latency"][1].contains("p50_more_us"));
    CHECK_FALSE(json["latency"][2].contains("p50_more_us"));
    CHECK(json["latency"][3].contains("p50_more_us"));
}

TEST_CASE("bench measures over a socket and leaves none behind") {
    const size_t before = sockets_left();
    const auto json =
        figures({"--plugin", "mirror", "--transport", "socket", "--shape", "cpu", "--measure", "throughput"});
    for (const size_t row : {1, 2}) {
        CHECK(json["throughput"][row]["points_in"] == json["throughput"][row]["points_out"]);
        CHECK(json["throughput"][row]["transport"] == "socket");
    }
    CHECK(sockets_left() <= before);
}

TEST_CASE("bench gives batches to an algorithm that takes those") {
    const auto json = figures({"--plugin", "outliers", "--option", "field=usage_idle", "--batch-size", "10,200",
                               "--shape", "small", "--measure", "throughput,latency"});
    REQUIRE(json["throughput"].size() == 6);
    CHECK(json["throughput"][5]["batch_size"] == 200);
    CHECK(json["latency"][3]["round_trips"] == 20);
}

TEST_CASE("bench measures any other function and its peers") {
    const std::string mirror = std::string(UDF_HOST) + " --plugin " PLUGINS_DIR "/mirror.so";
    const auto json = figures({"--peer", "other=" + mirror, "--measure", "throughput", "--shape", "small", "--", "sh",
                               "-c", "exec " + mirror});
    CHECK(names(json["throughput"]) == std::vector<std::string>{"cat", "sh", "other"});
}

TEST_CASE("bench tells each mistake in one line") {
    CHECK(bench({}).status == 2);
    CHECK(bench({}).errors == Contains("--plugin NAME, or a command after --"));
    CHECK(bench({"--plugin", "mirror", "--peer", "x"}).errors == Contains("'x' is not NAME=COMMAND"));
    CHECK(bench({"--plugin", "mirror", "--shape", "round"}).status == 2);
    for (const std::vector<std::string>& wrong :
         std::vector<std::vector<std::string>>{{"--plugin", "nirror"},
                                               {"--plugin", "moving_avg", "--option", "feild=x"},
                                               {"--plugin", "mirror", "--json", "/does/not/exist.json"},
                                               {"--", "/does/not/exist"}}) {
        const Ended ended = bench(wrong);
        INFO(ended.errors);
        CHECK(ended.status == 1);
        CHECK(ended.errors.find("udf-host: error: ") != std::string::npos);
        CHECK(std::count(ended.errors.begin(), ended.errors.end(), '\n') <= 2);  // the algorithm may have said it too
    }
}

TEST_CASE("bench reports a function that dies") {
    const Ended ended = bench({"--plugin", TEST_PLUGINS "/misbehave.so", "--option", "how=crash", "--shape", "small",
                               "--measure", "throughput"});
    CHECK(ended.status == 1);
    CHECK(ended.errors == Contains("misbehave: "));
}

TEST_CASE("a signal ends bench and all that it has started") {
    const size_t before = sockets_left();
    UdfProcess process({"bench", "--plugin", PLUGINS_DIR "/mirror.so", "--seconds", "600", "--transport", "socket",
                        "--measure", "throughput"});
    char head[64];
    REQUIRE(::read(process.from_stdout.get(), head, sizeof head) > 0);  // from here on it measures
    process.signal(SIGINT);
    CHECK(process.status() == 130);
    CHECK(sockets_left() <= before);
}
