// SPDX-License-Identifier: MIT
//
// --record in every mode, and what replay and dump make of it. `udf-host run` plays Kapacitor.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "plugin/contains.h"
#include "plugin/temporary_directory.h"
#include "system/served.h"
#include "system/socket_host.h"
#include "system/udf_process.h"
#include "wire/frame.h"
#include "wire/recording.h"

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

const std::string kMovingAvg = PLUGINS_DIR "/moving_avg.so", kMisbehave = TEST_PLUGINS "/misbehave.so";

std::string input(int points) {
    std::string lines;
    for (int i = 1; i <= points; ++i)
        lines +=
            "m,host=" + std::string(i % 2 ? "a" : "b") + " v=" + std::to_string(i) + " " + std::to_string(i) + "\n";
    return lines;
}

struct Recorded {
    TemporaryDirectory directory;
    const std::string file = directory / "a.rec";

    // Runs what stands behind `--` as Kapacitor would.
    Ended run(Arguments options, const Arguments& command, const std::string& lines = input(20)) const {
        options.insert(options.begin(), {"run", "--group-by", "host"});
        options.emplace_back("--");
        options.insert(options.end(), command.begin(), command.end());
        options.insert(options.end(), {"--record", file});
        return run_udf_host(options, lines);
    }
    // A moving average of two.
    Ended average(Arguments how = {}) const {
        how.insert(how.begin(), {UDF_HOST, "--plugin", kMovingAvg});
        return run({"--option", "field=v", "--option", "size=2"}, how);
    }
    Ended replay(Arguments more) const {
        more.insert(more.begin(), {"replay", file});
        return run_udf_host(more);
    }
    Ended dump(Arguments more = {}) const {
        more.insert(more.begin(), {"dump", file});
        return run_udf_host(more);
    }
};

}  // namespace

TEST_CASE("a session that was recorded comes out the same when it is replayed") {
    const Recorded recorded;
    Ended live;
    SUBCASE("supervised") { live = recorded.average(); }
    SUBCASE("direct") { live = recorded.average({"--isolation", "none"}); }
    CHECK(live.status == 0);
    CHECK(live.output == Contains("m,host=b avg=19 20\n"));
    const Ended same = recorded.replay({"--plugin", kMovingAvg});
    CHECK(same.status == 0);
    CHECK(same.output.starts_with("same: 20 points out, in "));
    CHECK(same.errors.empty());
}

TEST_CASE("run records the session that it drives") {
    const Recorded recorded;
    CHECK(run_udf_host(
              {"run", "--plugin", kMovingAvg, "--option", "field=v", "--option", "size=2", "--record", recorded.file},
              input(20))
              .status == 0);
    const Ended same = recorded.replay({"--plugin", kMovingAvg});
    CHECK(same.status == 0);
    CHECK(same.output.starts_with("same: 20 points out"));
}

TEST_CASE("what comes out differently is shown with the input before it") {
    const Recorded recorded;
    recorded.average();
    const Ended different = recorded.replay({"--plugin", kMovingAvg, "--option", "size=3", "--diff"});
    CHECK(different.status == 1);
    CHECK(different.output == Contains("different: 16 responses of 22 differ, first point 5, "));
    CHECK(different.output == Contains("- m,host=a avg=4 5\n+ m,host=a avg=3 5\n  field avg: 4, now 3\n"
                                       "the last of 3 points in before it, of its group and not later:\n"
                                       "  m,host=a v=1 1\n  m,host=a v=3 3\n  m,host=a v=5 5\n"));
}

TEST_CASE("a crash that was recorded is seen again in a replay") {
    const Recorded recorded;
    const Ended live =
        recorded.run({"--option", "how=crash"}, {UDF_HOST, "--isolation", "none", "--plugin", kMisbehave});
    CHECK(live.status == 1);
    const Ended again = recorded.replay({"--plugin", kMisbehave});
    CHECK(again.status == 1);
    CHECK(again.output == Contains("failed: it was killed by SIGABRT"));
    const Ended mended = recorded.replay({"--plugin", kMisbehave, "--option", "how=nothing"});
    CHECK(mended.status == 0);
    CHECK(mended.output == Contains("same: 20 points out"));
    CHECK(mended.output == Contains("; when it was recorded: the recording has no end"));
}

TEST_CASE("an error that was recorded is the failure of a replay, until it is mended") {
    const Recorded recorded;
    CHECK(run_udf_host({"run", "--plugin", kMisbehave, "--option", "how=throw", "--record", recorded.file}, input(3))
              .status == 1);
    const Ended again = recorded.replay({"--plugin", kMisbehave});
    CHECK(again.status == 1);
    CHECK(again.output == Contains("division by zero"));
    CHECK(again.output == Contains("; as when it was recorded"));
    CHECK(recorded.replay({"--plugin", kMisbehave, "--option", "how=nothing"}).status == 0);
}

TEST_CASE("a function of other authors is recorded under its supervisor and replayed") {
    if (!PYTHON3) return;
    const Recorded recorded;
    CHECK(run_udf_host({"run", "--", UDF_HOST, "supervise", "--record", recorded.file, "--", "python3", PYTHON_UDF},
                       input(20))
              .status == 0);
    const Ended same = recorded.replay({"--", "python3", PYTHON_UDF});
    CHECK(same.status == 0);
    CHECK(same.output.starts_with("same: 20 points out"));
}

TEST_CASE("every connection of a socket is a session, and all are replayed") {
    const TemporaryDirectory directory;
    const std::string file = directory / "a.rec";
    {
        SocketHost host("moving_avg", {"--record", file});
        for (const int64_t size : {2, 3}) {
            Task task(host.path);
            task.session.init(moving_average_of(size), "task" + std::to_string(size), "node");
            task.session.finish();
        }
        host.process.signal(SIGTERM);
        CHECK(host.process.status() == 0);
    }
    const Ended sessions = run_udf_host({"dump", file, "--sessions"});
    CHECK(sessions.output == Contains(": init, task task2, node node: field('value') size(2); 0 points in, 0 out\n"));
    CHECK(sessions.output == Contains(": init, task task3, node node: field('value') size(3); 0 points in, 0 out\n"));
    const Ended replayed = run_udf_host({"replay", file, "--plugin", kMovingAvg});
    CHECK(replayed.status == 0);
    CHECK(replayed.output == Contains("session 2: same"));
}

TEST_CASE("a server records its connections, with the algorithm of each") {
    const TemporaryDirectory directory;
    const std::string file = directory / "a.rec";
    ServeHost host;
    fs::copy_file(kMovingAvg, host.plugins / "moving_avg.so");
    host.start({"--record", file});
    {
        Task task(host.socket("moving_avg"));
        task.session.init(moving_average_of(2), "task", "node");
        task.session.finish();
    }
    CHECK(eventually([&] {
        const Ended sessions = run_udf_host({"dump", file, "--sessions"});
        return sessions.output.find("algorithm moving_avg, ") != std::string::npos &&
               sessions.output.find("task task") != std::string::npos;
    }));
}

TEST_CASE("a recording that cannot be made harms no task") {
    const TemporaryDirectory directory;
    std::string file;
    SUBCASE("full disk") { file = "/dev/full"; }
    SUBCASE("no directory") { file = directory / "none" / "a.rec"; }
    const Ended live =
        run_udf_host({"run", "--", UDF_HOST, "--plugin", PLUGINS_DIR "/mirror.so", "--record", file}, input(3));
    CHECK(live.status == 0);
    CHECK(std::count(live.output.begin(), live.output.end(), '\n') == 3);
    CHECK(std::count(live.errors.begin(), live.errors.end(), '\n') == 1);
    CHECK(live.errors == Contains(file));
}

TEST_CASE("a second run with the same command line adds a session") {
    const Recorded recorded;
    recorded.average();
    recorded.average();
    const Ended replayed = recorded.replay({"--plugin", kMovingAvg});
    CHECK(replayed.status == 0);
    CHECK(std::count(replayed.output.begin(), replayed.output.end(), '\n') == 2);
    CHECK(recorded.replay({"--plugin", kMovingAvg, "--session", "2"}).output.starts_with("session 2: same"));
    const Ended none = recorded.replay({"--plugin", kMovingAvg, "--session", "3"});
    CHECK(none.status == 1);
    CHECK(none.errors == Contains("has no session 3: it has 2"));
}

TEST_CASE("dump gives back the input that was recorded") {
    const Recorded recorded;
    const Ended live = recorded.average();
    const Ended in = recorded.dump({"--in"});
    CHECK(in.output == Contains("m,host=a v=1 1\nm,host=b v=2 2\nm,host=a v=3 3\n"));
    const Ended again = run_udf_host(
        {"run", "--plugin", kMovingAvg, "--option", "field=v", "--option", "size=2", "--group-by", "host"}, in.output);
    CHECK(again.output == live.output);
    CHECK(recorded.dump({"--out"}).output == Contains(live.output));
}

TEST_CASE("dump prints JSON with session, direction and time") {
    const Recorded recorded;
    recorded.average();
    const Ended json = recorded.dump({"--format", "json"});
    CHECK(json.output.starts_with("{\"session\":1,\"direction\":\"in\",\"seconds\":"));
    CHECK(json.output == Contains("\"message\":{\"init\":{\"taskID\":\"run\""));
    CHECK(json.output == Contains("\"direction\":\"out\""));
}

TEST_CASE("a torn recording is dumped and replayed as far as it goes") {
    const Recorded recorded;
    recorded.average();
    fs::resize_file(recorded.file, fs::file_size(recorded.file) - 120);
    const Ended replayed = recorded.replay({"--plugin", kMovingAvg});
    CHECK(replayed.status == 0);
    CHECK(replayed.output == Contains("same: "));
    CHECK(replayed.errors == Contains("the last record breaks off"));
}

TEST_CASE("a replay at the pace of the recording takes its time") {
    const TemporaryDirectory directory;
    const std::string file = directory / "a.rec";
    std::ofstream out(file, std::ios::binary);
    uint64_t place = 0;
    const auto add = [&](const pb::Request& request, std::chrono::nanoseconds time) {
        std::string bytes;
        wire::append_frame(bytes, request);
        const wire::RecordHead head{.kind = wire::RecordKind::requests,
                                    .size = static_cast<uint32_t>(bytes.size()),
                                    .session = 1,
                                    .time = static_cast<uint64_t>(time.count()),
                                    .place = std::exchange(place, place + bytes.size())};
        char before[wire::RecordHead::kSize], after[wire::RecordHead::kSealSize];
        head.write(before);
        head.write_seal(after);
        out << std::string(before, sizeof before) << bytes << std::string(after, sizeof after);
    };
    pb::Request request;
    request.mutable_init();
    add(request, 0ms);
    request.mutable_point()->set_name("m");
    (*request.mutable_point()->mutable_fieldsdouble())["v"] = 1;
    add(request, 600ms);
    out.close();
    const auto time_of = [&](const char* speed) {
        const auto began = std::chrono::steady_clock::now();
        CHECK(run_udf_host({"replay", file, "--plugin", PLUGINS_DIR "/mirror.so", "--speed", speed}).status == 0);
        return std::chrono::steady_clock::now() - began;
    };
    CHECK(time_of("original") >= 600ms);
    CHECK(time_of("2") >= 300ms);
}

TEST_CASE("wrong words of replay and dump end with status 2") {
    CHECK(run_udf_host({"replay", "a.rec"}).status == 2);
    CHECK(run_udf_host({"replay", "a.rec", "--plugin", "x", "--speed", "0"}).status == 2);
    CHECK(run_udf_host({"dump"}).status == 2);
    const Ended none = run_udf_host({"dump", TemporaryDirectory() / "a.rec"});
    CHECK(none.status == 1);
    CHECK(is_one_error_line(none));
}
