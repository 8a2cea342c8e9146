// SPDX-License-Identifier: MIT
//
// What the log of a real udf-host says, in its formats.
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "log/parsed.h"
#include "support/full_load.h"
#include "system/disturbance.h"
#include "system/hostile_task.h"
#include "system/served.h"
#include "system/supervised_task.h"

namespace {

// A worker that a point kills again and again, until the point is left out; with what the plugin itself says.
std::vector<std::string> lines_of_a_crash(const std::string& format) {
    SupervisedTask task(
        {"--plugin", HOSTILE_PLUGINS "/crashes.so", "--algorithm", "crash_segv", "--log-format", format});
    const PrebuiltLoad load = prebuilt_load({.units = 200, .poison = {100}});
    task.init();
    task.feed(load.bytes);
    task.wait_for_units(199);
    CHECK(task.finish() == 0);
    std::vector<std::string> lines;
    std::istringstream said(task.said());
    for (std::string line; std::getline(said, line);) lines.push_back(line);
    return lines;
}

void check_crash(const std::vector<std::string>& lines) {
    if (kAddressSanitizer) return;  // it ends the worker in its own way, and in lines of its own
    std::vector<logging::Parsed> deaths, crashes, left_out;
    for (const std::string& line : lines) {
        CAPTURE(line);
        auto parsed = logging::parse(line);
        REQUIRE(parsed);
        if (parsed->message.starts_with("the worker died")) deaths.push_back(*parsed);
        if (parsed->message == "crashed by SIGSEGV") crashes.push_back(*parsed);
        if (parsed->message.starts_with("left out a point")) left_out.push_back(*parsed);
    }
    REQUIRE(!deaths.empty());
    CHECK(deaths.size() == crashes.size());  // one line each
    for (const logging::Parsed& death : deaths) {
        CHECK(death.level == logging::Level::warning);
        CHECK(death.field("algorithm") == "crash_segv");
        CHECK(death.field("task") == "cpu_alert");
        CHECK(death.field("node") == "node3");
        CHECK(death.field("cause").starts_with("was killed by SIGSEGV"));
        CHECK(death.field("said").starts_with("crashed by SIGSEGV, in crashes.so("));
    }
    for (const logging::Parsed& crash : crashes) {
        CHECK(crash.field("algorithm") == "crash_segv");
        CHECK(crash.field("stack").find(" < ") != std::string_view::npos);
    }
    REQUIRE(left_out.size() == 1);
    CHECK(left_out[0].level == logging::Level::error);
    CHECK(left_out[0].field("task") == "cpu_alert");
}

}  // namespace

TEST_CASE("a crash under supervision is one line with its cause and whom it is about") {
    check_crash(lines_of_a_crash("text"));
}

TEST_CASE("a crash under supervision is one object of JSON with its cause and whom it is about") {
    const auto lines = lines_of_a_crash("json");
    for (const std::string& line : lines) CHECK(nlohmann::json::accept(line));  // those of others too
    check_crash(lines);
}

TEST_CASE("what a supervised function of others says on stderr becomes JSON too") {
    SupervisedTask task({"supervise", "--log-format", "json", "--max-restarts", "0/1m", "--", "sh", "-c",
                         "printf 'no \"licence\"\\n\\377\\n' >&2"});
    task.close_input();
    task.finish();
    std::istringstream said(task.said());
    std::vector<nlohmann::json> objects;
    for (std::string line; std::getline(said, line);) {
        CAPTURE(line);
        REQUIRE(nlohmann::json::accept(line));
        objects.push_back(nlohmann::json::parse(line));
    }
    CHECK(std::ranges::any_of(objects, [](const auto& object) {
        return object["message"] == "no \"licence\"" && object.value("source", "") == "stderr";
    }));
}

TEST_CASE("SIGHUP changes the format of the log while it is written") {
    ServeHost host;
    const std::filesystem::path config = host.plugins.parent_path() / "config.toml";
    std::ofstream(config) << "log-format = \"text\"\n";
    host.start({"--config", config});
    std::ofstream(config) << "log-format = \"json\"\n";
    host.process().signal(SIGHUP);
    CHECK(host.says("\"level\":\"info\",\"message\":\"the configuration has been read again\"}\n"));
    CHECK(host.says("udf-host: info: serving algorithms="));
}

TEST_CASE("without a journal of systemd the log goes to stderr") {
    if (::access("/run/systemd/journal/socket", F_OK) == 0) {
        MESSAGE("left out: there is a journal, which is not to be bothered");
        return;
    }
    const Ended ended =
        run_udf_host({"--log-format", "journal", "--plugins-dir", PLUGINS_DIR, "--plugin", "mirror"}, "\x05hello");
    CHECK(ended.errors.starts_with("udf-host: warning: the journal cannot be reached: the log goes to stderr "));
    CHECK(ended.errors.find("\nudf-host: error: the task has failed ") != std::string::npos);
}
