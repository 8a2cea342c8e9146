// SPDX-License-Identifier: MIT
//
// `udf-host run`, whole: line protocol in, a plugin in a process of its own, line protocol out.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include "plugin/contains.h"
#include "plugin/temporary_directory.h"
#include "support/data_frames.h"
#include "system/udf_process.h"
#include "wire/dead_letter.h"

namespace {

Ended run(std::vector<std::string> arguments, const std::string& input = {}) {
    arguments.insert(arguments.begin(), {"run", "--plugins-dir", PLUGINS_DIR});
    return run_udf_host(arguments, input);
}

Ended misbehave(const std::string& how) {
    return run({"--plugin", TEST_PLUGINS "/misbehave.so", "--option", "how=" + how}, "m v=1 1\nm v=2 2\n");
}

// A dead-letter file with a letter for each of these frames.
class LetterFile {
public:
    explicit LetterFile(const std::vector<std::string>& frames) {
        for (const std::string& of_one : frames)
            wire::append_dead_letter(path(), {.time = {},
                                              .function = "mine",
                                              .task = "alert",
                                              .node = "mine2",
                                              .group = "host=a",
                                              .cause = "was killed by SIGSEGV",
                                              .deaths = 2,
                                              .frames = of_one});
    }
    std::string path() const { return directory_ / "dead.letters"; }

private:
    TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("run prints what a stream algorithm makes of line protocol") {
    const Ended ended =
        run({"--plugin", "moving_avg", "--option", "field=v", "--option", "size=2", "--group-by", "host"},
            "m,host=a v=1 1\nm,host=b v=10i 2\n# a comment\nm,host=a v=3 3\n");
    CHECK(ended.status == 0);
    CHECK(ended.output == "m,host=a avg=1 1\nm,host=b avg=10 2\nm,host=a avg=2 3\n");
    CHECK(ended.errors.empty());
}

TEST_CASE("run makes batches of windows for a batch algorithm") {
    std::string input;
    for (const int v : {5, 6, 7, 13, 33, 35, 36, 45, 46, 47, 48, 50, 51, 52, 53, 54, 80, 85, 90, 100})
        input += "m value=" + std::to_string(v) + " " + std::to_string(v) + "000000000\n";
    const Ended ended = run({"--plugin", "outliers", "--option", "field=value", "--window", "1h"}, input);
    CHECK(ended.status == 0);
    CHECK(std::count(ended.output.begin(), ended.output.end(), '\n') == 5);  // below 6.5 and above 82.5
    CHECK(ended.output.starts_with("m value=5 5000000000\nm value=6 6000000000\nm value=85 "));
}

TEST_CASE("run prints json objects and a table") {
    const std::string input = "m,host=a v=1i,s=\"x\" 1000000000\n";
    CHECK(run({"--plugin", "mirror", "--output", "json"}, input).output == Contains("\"v\":1"));
    const std::string table = run({"--plugin", "mirror", "--output", "table"}, input).output;
    CHECK(table == Contains("host"));
    CHECK(table == Contains("1970-01-01T00:00:01Z"));
}

TEST_CASE("run reports a bad line and goes on or stops where it is strict") {
    const std::string input = "m v=1 1\nm v= 2\nm v=3 3\n";
    const Ended lenient = run({"--plugin", "mirror"}, input);
    CHECK(lenient.status == 0);
    CHECK(lenient.output == "m v=1 1\nm v=3 3\n");
    CHECK(lenient.errors == Contains("stdin:2:"));
    CHECK(lenient.errors == Contains("1 bad line skipped"));
    const Ended strict = run({"--plugin", "mirror", "--strict"}, input);
    CHECK(strict.status == 1);
    CHECK(strict.output == "m v=1 1\n");
}

TEST_CASE("run reads files and writes to one") {
    const TemporaryDirectory dir;
    std::ofstream(dir / "in.lp") << "m v=1 1\n";
    const Ended ended = run(
        {"--plugin", "mirror", "-o", (dir / "out.lp").string(), (dir / "in.lp").string(), (dir / "in.lp").string()});
    CHECK(ended.status == 0);
    std::ifstream out(dir / "out.lp");
    CHECK(std::string(std::istreambuf_iterator<char>(out), {}) == "m v=1 1\nm v=1 1\n");
    CHECK(is_one_error_line(run({"--plugin", "mirror", (dir / "none.lp").string()})));
}

TEST_CASE("run tells each mistake in one line") {
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {"--plugin", "no_such_plugin"},
             {"--plugin", "/nowhere/x.so"},
             {"--plugin", "moving_avg", "--option", "fild=v"},
             {"--plugin", "moving_avg", "--option", "field=v", "--option", "size=ten"},
             {"--plugin", "moving_avg", "--option", "field=v", "--option", "size=0"},
             {"--plugin", "moving_avg"},
             {"--plugin", "outliers", "--option", "field=v"},
             {"--plugin", "mirror", "--window", "10"},
             {"--plugin", "mirror", "--precision", "x"},
             {},
         }) {
        const Ended ended = run(arguments, "m v=1 1\n");
        CAPTURE(ended.errors);
        CHECK(ended.status != 0);
        CHECK(is_one_error_line(ended));
    }
}

TEST_CASE("run survives what the algorithm does and says what it was") {
    const Ended thrown = misbehave("throw");
    CHECK(thrown.status == 1);
    CHECK(thrown.errors == Contains("division by zero"));
    CHECK(is_one_error_line(thrown));
    const Ended crashed = misbehave("crash");
    CHECK(crashed.status == 1);
    CHECK(crashed.errors == Contains("SIGABRT"));
    const Ended exited = misbehave("exit");
    CHECK(exited.status == 1);
    CHECK(exited.errors == Contains("exited with status 3"));
    const Ended printed = misbehave("print");
    CHECK(printed.status == 0);
    CHECK(printed.output == "m v=1 1\nm v=2 2\n");
    CHECK(printed.errors == Contains("a line for nobody"));
}

TEST_CASE("a signal ends run and the algorithm that does not return") {
    UdfProcess process({"run", "--plugin", TEST_PLUGINS "/misbehave.so", "--option", "how=loop"});
    REQUIRE(::write(process.to_stdin.get(), "m v=1 1\n", 8) == 8);
    REQUIRE(eventually([&] { return process.errors().find("a line for nobody") != std::string::npos; }));
    // Its own child is the only one that could hold the pipe open after it.
    process.signal(SIGINT);
    CHECK(process.status() == 130);
    CHECK(read_all(process.from_stdout.get()).empty());
}

TEST_CASE("run feeds dead letters and tells what they are") {
    const LetterFile letters({support::point_frame(7), support::point_frame(5)});
    const std::string told =
        "1970-01-01T00:00:00Z mine in task \"alert\", node \"mine2\", group \"host=a\": was killed by "
        "SIGSEGV (2 deaths)\n";
    const Ended ended = run({"--plugin", "mirror", "--from-dead-letter", letters.path()}, "not read v=1 1\n");
    CHECK(ended.status == 0);
    CHECK(ended.output == "m v=1 7\nm v=1 5\n");
    CHECK(ended.errors == "2 dead letters in " + letters.path() + "\n  " + told + "  " + told);
}

TEST_CASE("run feeds dead letters with batches to a batch algorithm") {
    const LetterFile letters({support::batch_frames()});
    const Ended ended = run({"--plugin", "mirror_batch", "--from-dead-letter", letters.path()});
    CHECK(ended.status == 0);
    CHECK(ended.output == "m v=1 1\nm v=1 2\n");
    CHECK(ended.errors == Contains("1 dead letter in "));
}

TEST_CASE("run feeds dead letters to any other function") {
    const LetterFile letters({support::point_frame(7)});
    const Ended ended =
        run({"--from-dead-letter", letters.path(), "--", UDF_HOST, "--plugin", PLUGINS_DIR "/mirror.so"});
    CHECK(ended.status == 0);
    CHECK(ended.output == "m v=1 7\n");
}

TEST_CASE("a dead letter kills again under run and run says how") {
    const LetterFile letters({support::point_frame(7)});
    const Ended ended =
        run({"--plugin", TEST_PLUGINS "/misbehave.so", "--option", "how=crash", "--from-dead-letter", letters.path()});
    CHECK(ended.status == 1);
    CHECK(ended.output.empty());
    CHECK(ended.errors == Contains("misbehave was killed by SIGABRT"));
}

TEST_CASE("run refuses dead letters that the function cannot take") {
    const LetterFile points({support::point_frame(7)}), batches({support::batch_frames()}), torn({"\x05"});
    const TemporaryDirectory dir;
    const auto refused = [](const std::string& plugin, const std::string& file) {
        const Ended ended = run({"--plugin", plugin, "--from-dead-letter", file});
        CHECK(ended.status == 1);
        CHECK(is_one_error_line(ended));
        return ended.errors;
    };
    CHECK(refused("mirror", batches.path()) ==
          Contains("mirror takes single points, but there is a dead letter with a batch: 1970-01-01T00:00:00Z mine"));
    CHECK(refused("mirror_batch", points.path()) ==
          Contains("mirror_batch takes batches, but there is a dead letter with a point: 1970-01-01T00:00:00Z mine"));
    CHECK(refused("mirror", torn.path()) == Contains("neither a point nor a batch"));
    CHECK(refused("mirror", dir / "none") == Contains("cannot read " + (dir / "none").string()));
    std::ofstream(dir / "cpu.lp") << "m v=1 1\n";
    CHECK(refused("mirror", dir / "cpu.lp") == Contains("cpu.lp:1: not JSON from column 1 on"));
}

TEST_CASE("run takes no words about line protocol with dead letters") {
    const LetterFile letters({support::point_frame(7)});
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{"--group-by", "host"},
                                                                                       {"--group-by-name"},
                                                                                       {"--window", "10s"},
                                                                                       {"--precision", "s"},
                                                                                       {"--strict"},
                                                                                       {"--input", "/dev/null"},
                                                                                       {"/dev/null"}}) {
        std::vector<std::string> arguments{"--plugin", "mirror", "--from-dead-letter", letters.path()};
        arguments.insert(arguments.end(), words.begin(), words.end());
        const Ended ended = run(arguments);
        CAPTURE(ended.errors);
        CHECK(ended.status == 2);
        CHECK(is_one_error_line(ended));
        CHECK(ended.errors == Contains("--from-dead-letter"));
        CHECK(ended.errors == Contains(words.front()));
    }
}
