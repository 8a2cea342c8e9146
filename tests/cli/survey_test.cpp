// SPDX-License-Identifier: MIT
#include "cli/survey.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "cli/run_command.h"
#include "plugin/contains.h"
#include "plugin/plugin_files.h"
#include "plugin/temporary_directory.h"

namespace {

using cli::Survey;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

// The tests' own executable knows no subcommands.
cli::Prober asking_udf_host(milliseconds silence = 60s) { return {.program = UDF_HOST, .silence = silence}; }

// A prober that does what a shell says: $1 is "probe", $2 is "--", the files follow.
cli::Prober prober_that(const TemporaryDirectory& dir, const std::string& does, milliseconds silence = 60s) {
    const std::filesystem::path script = write_file(dir / "prober", "#!/bin/sh\n" + does + "\n");
    ::chmod(script.c_str(), 0700);
    return {.program = script, .silence = silence};
}

// The next answer, once it is there.
Survey::Answer next(Survey& survey) {
    const auto answer = survey.next(Survey::Clock::now() + 60s);
    REQUIRE(answer);
    return *answer;
}

// Runs on for as long as a writer of the pipe lives.
bool ends(int pipe) {
    char byte;
    ssize_t n;
    while ((n = ::read(pipe, &byte, 1)) > 0) continue;
    return n == 0;
}

}  // namespace

TEST_CASE("the prober prints a line of JSON for each file") {
    const std::string good = test_plugin("one_algorithm"), bad = test_plugin("entry_null");
    const std::string out = run_command(cli::add_probe, {"probe", good, bad});
    const size_t first = out.find('\n');
    REQUIRE(first != out.npos);
    const auto of_good = nlohmann::ordered_json::parse(out.substr(0, first));
    const auto of_bad = nlohmann::ordered_json::parse(out.substr(first + 1));
    CHECK(of_good["plugin"] == good);
    CHECK(of_good["algorithms"] == cli::probe(good).algorithms);
    CHECK(of_good["problem"] == "");
    CHECK(of_bad["plugin"] == bad);
    CHECK(of_bad["algorithms"].empty());
    CHECK(of_bad["problem"] == cli::probe(bad).problem);
}

TEST_CASE("a survey tells of each file what a probe of it does") {
    const std::vector<std::filesystem::path> files = {test_plugin("two_algorithms"), test_plugin("abort_on_load"),
                                                      test_plugin("exit_on_load"), test_plugin("one_algorithm")};
    const auto answers = cli::survey(files, 60s, asking_udf_host());
    REQUIRE(answers.size() == files.size());
    for (size_t i = 0; i < files.size(); ++i) {
        const cli::Probe probed = cli::probe(files[i]);
        CHECK(answers[i].file == files[i]);
        CHECK(answers[i].probe.algorithms == probed.algorithms);
        CHECK(answers[i].probe.problem == probed.problem);
    }
}

TEST_CASE("a survey can be made while other threads run") {
    std::atomic<bool> over = false;
    std::thread other([&] {
        while (!over) std::this_thread::yield();
    });
    const auto answers = cli::survey({test_plugin("one_algorithm")}, 60s, asking_udf_host());
    over = true;
    other.join();
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].probe.problem == "");
    CHECK(answers[0].probe.algorithms.size() == 1);
}

TEST_CASE("a survey of no files is over at once") {
    Survey survey({}, asking_udf_host());
    CHECK(survey.over());
    CHECK(!survey.take());
}

TEST_CASE("answers can be taken before all files have been asked") {
    const TemporaryDirectory dir;
    REQUIRE(::mkfifo((dir / "gate").c_str(), 0600) == 0);
    Survey survey({"a.so", "b.so"}, prober_that(dir, R"(echo '{"algorithms": []}'; read x < ")" +
                                                         (dir / "gate").string() + R"("; echo '{"algorithms": []}')"));
    CHECK(next(survey).file == "a.so");
    CHECK(!survey.over());
    CHECK(!survey.take());
    std::ofstream(dir / "gate") << "go on\n";
    CHECK(next(survey).file == "b.so");
    CHECK(survey.over());
}

TEST_CASE("a file that its prober dies over gets that as its problem, and the others are asked") {
    const TemporaryDirectory dir;
    Survey survey({"a.so", "b.so", "c.so"}, prober_that(dir, R"(for f; do case $f in
        b.so) kill -KILL $$;;
        *.so) echo '{"problem": "asked"}';;
        esac; done)"));
    CHECK(next(survey).probe.problem == "asked");
    CHECK(next(survey).probe.problem == "refused b.so: what loads plugins to ask them was killed by SIGKILL (Killed)");
    CHECK(next(survey).probe.problem == "asked");
    CHECK(survey.over());
}

TEST_CASE("a file that its prober falls silent over gets that as its problem") {
    const TemporaryDirectory dir;
    Survey survey({"a.so"}, prober_that(dir, "sleep 1000", 20ms));
    CHECK(next(survey).probe.problem == "refused a.so: what loads plugins to ask them has been silent for 0.02 s");
    CHECK(survey.over());
}

TEST_CASE("a line that is no answer is a problem") {
    const TemporaryDirectory dir;
    Survey survey({"a.so"}, prober_that(dir, "echo nonsense"));
    CHECK(next(survey).probe.problem == Contains("a.so: what loads plugins to ask them gave no answer"));
}

TEST_CASE("where there can be no prober, each file says so") {
    const auto answers = cli::survey({"a.so", "b.so"}, 60s, {.program = "/nowhere/prober"});
    REQUIRE(answers.size() == 2);
    CHECK(answers[0].probe.problem == Contains("refused a.so: cannot start udf-host"));
    CHECK(answers[1].probe.problem == Contains("refused b.so: cannot start udf-host"));
}

TEST_CASE("at the limit a survey does without those that were not reached") {
    const TemporaryDirectory dir;
    const auto answers = cli::survey({"a.so", "b.so"}, 20ms, prober_that(dir, "sleep 1000"));
    REQUIRE(answers.size() == 2);
    CHECK(answers[0].file == "a.so");
    CHECK(answers[0].probe.problem == Contains("a.so: was not asked what it offers"));
    CHECK(answers[1].file == "b.so");
}

TEST_CASE("a survey that is given up takes the prober and what hangs in it along") {
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);  // inherited by all that is started
    {
        Survey survey({test_plugin("one_algorithm"), test_plugin("hang_on_load")}, asking_udf_host());
        CHECK(next(survey).probe.problem == "");
    }
    ::close(pipe[1]);
    CHECK(ends(pipe[0]));
    ::close(pipe[0]);
}
