// SPDX-License-Identifier: MIT
//
// `udf-host status` and `udf-host log-level`, on instances under load.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "system/served.h"
#include "system/supervised_task.h"
#include "system/task_options.h"

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

const PrebuiltLoad& watched_load() {
    static const PrebuiltLoad prebuilt = prebuilt_load({.units = 3000});
    return prebuilt;
}

Arguments moving_average() { return {"--plugins-dir", PLUGINS_DIR, "--plugin", "moving_avg"}; }

json status() {
    const Ended ended = run_udf_host({"status", "--json"});
    CHECK(ended.status == 0);
    CHECK(ended.errors == "");
    return json::parse(ended.output);
}

// Of the process of that number, with so many points sent: what is counted is there once the last point has left.
json connection_of(pid_t process) {
    for (const json& connection : status())
        if (connection.at("pid") == process) return connection;
    return {};
}

size_t sockets() {
    std::error_code none;
    const fs::directory_iterator files(::getenv("UDF_HOST_CONTROL_DIR"), none);
    return static_cast<size_t>(std::count_if(begin(files), end(files), [](const auto&) { return true; }));
}

}  // namespace

TEST_CASE("where nothing is running, status says so") {
    const Ended ended = run_udf_host({"status"});
    CHECK(ended.status == 0);
    CHECK(ended.output.starts_with("nothing is running"));
    CHECK(status() == json::array());
    CHECK(run_udf_host({"log-level", "debug"}).status == 0);
}

TEST_CASE("status counts what each of several instances was given and gave") {
    const PrebuiltLoad& load = watched_load();
    ServeHost host;
    host.put("counter.so", renamed_plugin("counter_v1", "counter", "counter"));
    host.start();
    {
        SupervisedTask one(moving_average());
        SupervisedTask other({"--plugin", PLUGINS_DIR "/mirror.so", "--isolation", "none"});
        REQUIRE(eventually([&] { return host.listens("counter"); }));
        ServedTask third(host.socket("counter"));
        one.init(moving_average_of(10));
        other.init();
        REQUIRE(third.init() == "");
        one.feed(load.bytes);
        other.feed(load.of(0, 1000));
        REQUIRE(third.feed(load.of(0, 2000)));
        one.wait_for_units(3000);
        other.wait_for_units(1000);
        REQUIRE(third.wait_for_units(2000));
        const json all = status();
        REQUIRE(all.size() == 3);
        for (const auto& [process, algorithm, points] :
             {std::tuple(one.process.pid(), "moving_avg", 3000), std::tuple(other.process.pid(), "mirror", 1000),
              std::tuple(host.process().pid(), "counter", 2000)}) {
            const auto found =
                std::ranges::find_if(all, [pid = process](const json& each) { return each["pid"] == pid; });
            REQUIRE(found != all.end());
            const json& connection = *found;
            CHECK(connection["algorithm"] == algorithm);
            CHECK(connection["task"] == "cpu_alert");
            CHECK(connection["node"] == "node3");
            CHECK(connection["state"] == "running");
            CHECK(connection["received"]["points"] == points);
            CHECK(connection["sent"]["points"] == points);
            CHECK(connection["received"]["bytes"].get<size_t>() >= load.of(0, static_cast<size_t>(points)).size());
            CHECK(connection["handler"]["calls"].get<int>() >= points / 256);
            CHECK(connection["handler"]["p99"].get<double>() > 0);
            CHECK(connection["points_per_second"]["received"] == 0);
            CHECK(connection["last_error"] == nullptr);
        }
        const Ended table = run_udf_host({"status"});
        CHECK(table.status == 0);
        CHECK(std::ranges::count(table.output, '\n') == 4);
        CHECK(table.output.find("PID  ALGORITHM") != std::string::npos);
        CHECK(sockets() == 3);
        CHECK(third.finish());
        CHECK(one.finish() == 0);
        CHECK(other.finish() == 0);
    }
    CHECK(sockets() == 1);
    CHECK(status().at(0)["state"] == "idle");
    host.process().signal(SIGTERM);
    CHECK(host.process().status() == 0);
    CHECK(sockets() == 0);
}

TEST_CASE("a worker that is killed makes nothing count twice, and is counted as a restart") {
    const PrebuiltLoad& load = watched_load();
    SupervisedTask task(moving_average());
    task.init(moving_average_of(10));
    task.feed(load.of(0, 1000));
    task.wait_for_units(500);
    task.hit_worker(SIGKILL);
    task.feed(load.of(1000, 2000));
    task.wait_for_units(2000);
    task.hit_worker(SIGKILL);
    task.feed(load.of(2000, 3000));
    task.wait_for_units(3000);
    const json connection = connection_of(task.process.pid());
    CHECK(connection["received"]["points"] == 3000);
    CHECK(connection["sent"]["points"] == 3000);
    CHECK(connection["restarts"]["signal"] == 2);
    CHECK(connection["restarts"]["exit"] == 0);
    CHECK(connection["last_error"]["text"].get<std::string>().find("was killed by SIGKILL") != std::string::npos);
    CHECK(connection["worker"] == task.worker());
    CHECK(task.finish() == 0);
}

TEST_CASE("what the guard has mended in a worker is counted, also once that worker is dead") {
    const PrebuiltLoad& load = watched_load();
    SupervisedTask task({"--plugin", HOSTILE_PLUGINS "/talkative.so"});
    task.init();
    task.feed(load.of(0, 100));
    task.wait_for_units(100);
    CHECK(connection_of(task.process.pid())["guard"]["non-finite"] == 100);
    task.snapshot();  // a new worker begins here
    task.hit_worker(SIGKILL);
    task.feed(load.of(100, 150));
    task.wait_for_units(150);
    CHECK(connection_of(task.process.pid())["guard"]["non-finite"] == 150);
    CHECK(connection_of(task.process.pid())["checkpoint"]["bytes"] == 0);
    CHECK(task.finish() == 0);
}

TEST_CASE("the level of the log changes while a worker runs, and holds for the one after it") {
    const PrebuiltLoad& load = watched_load();
    SupervisedTask task({"--plugin", HOSTILE_PLUGINS "/talkative.so"});
    task.init();
    auto feed = [&, at = size_t{0}](size_t points) mutable {
        task.feed(load.of(at, at + points));
        task.wait_for_units(at += points);
    };
    // No more of it than is said before what is repeated is only counted.
    feed(5);
    const Ended changed = run_udf_host({"log-level", "debug", "talkative"});
    CHECK(changed.status == 0);
    CHECK(changed.output.find("debug") != std::string::npos);
    feed(5);
    CHECK(eventually([&] { return task.times_said("udf-host: debug: a point came") == 5; }));
    task.snapshot();
    task.hit_worker(SIGKILL);
    feed(5);
    CHECK(eventually([&] { return task.times_said("udf-host: debug: a point came") == 10; }));
    CHECK(run_udf_host({"log-level", "info", std::to_string(task.process.pid())}).status == 0);
    feed(5);
    CHECK(task.finish() == 0);
    CHECK(task.times_said("udf-host: debug: a point came") == 10);
}

TEST_CASE("a name that nothing has is said, with the one that may be meant") {
    SupervisedTask task(moving_average());
    task.init(moving_average_of(10));
    const Ended ended = run_udf_host({"log-level", "debug", "moving_avrg"});
    CHECK(ended.status == 1);
    CHECK(is_one_error_line(ended));
    CHECK(ended.errors.find("did you mean 'moving_avg'?") != std::string::npos);
    CHECK(run_udf_host({"log-level", "loud"}).status == 2);
    CHECK(task.finish() == 0);
}

TEST_CASE("status --watch goes on until it is interrupted") {
    UdfProcess watch({"status", "--watch", "--interval", "0.1"});
    std::string seen;
    char piece[4096];
    for (ssize_t n;
         std::ranges::count(seen, '\n') < 6 && (n = ::read(watch.from_stdout.get(), piece, sizeof piece)) > 0;)
        seen.append(piece, static_cast<size_t>(n));
    watch.signal(SIGINT);
    CHECK(watch.status() == 128 + SIGINT);
    CHECK(seen.find("nothing is running") != std::string::npos);
    CHECK(seen.find('\x1b') == std::string::npos);
}

TEST_CASE("what was counted for a function that others wrote is counted in front of it") {
    const PrebuiltLoad load = prebuilt_load({.units = 20, .batch_size = 5});
    SupervisedTask task({"supervise", "--", UDF_HOST, "--plugin", PLUGINS_DIR "/outliers.so", "--isolation", "none"});
    task.init(outliers_of_field());
    task.feed(load.bytes);
    task.wait_for_units(20);
    const json connection = connection_of(task.process.pid());
    CHECK(connection["algorithm"] == "udf-host");
    CHECK(connection["received"]["points"] == 100);
    CHECK(connection["received"]["batches"] == 20);
    CHECK(connection["sent"]["batches"] == 20);
    CHECK(connection["handler"]["calls"] == 0);
    CHECK(task.finish() == 0);
}
