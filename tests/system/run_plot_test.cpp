// SPDX-License-Identifier: MIT
//
// `udf-host run --plot`, whole: line protocol in, a picture of the run beside the usual output.
#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "plugin/contains.h"
#include "plugin/temporary_directory.h"
#include "system/udf_process.h"

namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

size_t count(const std::string& text, const std::string& pattern) {
    const std::regex regex(pattern);
    return static_cast<size_t>(std::distance(std::sregex_iterator(text.begin(), text.end(), regex), {}));
}

// By a parser that is not ours; true where there is none.
bool is_well_formed(const fs::path& file) {
    if (std::string(PYTHON3).empty()) return true;
    const std::string command =
        std::string(PYTHON3) + " -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' " + file.string();
    return std::system(command.c_str()) == 0;
}

struct Plotted {
    Ended ended;
    std::string picture;
};

Plotted plot(std::vector<std::string> arguments, const std::string& input, const std::string& ending = ".svg") {
    const TemporaryDirectory dir;
    const fs::path file = dir / ("out" + ending);
    arguments.insert(arguments.begin(), {"run", "--plugins-dir", PLUGINS_DIR, "--plot", file});
    Ended ended = run_udf_host(arguments, input);
    if (fs::exists(file)) CHECK(is_well_formed(file));
    CHECK(std::distance(fs::directory_iterator(dir.path()), {}) == (fs::exists(file) ? 1 : 0));
    return {std::move(ended), content(file)};
}

const std::vector<std::string> kAverageOfTen{"--plugin", "moving_avg", "--option", "field=usage_idle", "--option",
                                             "size=10",  "--group-by", "cpu",      TEST_DATA "/cpu.lp"};

}  // namespace

TEST_CASE("a plot has a line of input and one of output for each group") {
    const Plotted plotted = plot(kAverageOfTen, "");
    CHECK(plotted.ended.status == 0);
    CHECK(plotted.ended.errors.empty());
    CHECK(count(plotted.ended.output, "\n") == 390);
    for (const std::string colour : {"c0", "c1", "c2"}) {
        CHECK(count(plotted.picture, "<path class=\"thin " + colour + " ") == 1);
        CHECK(count(plotted.picture, "<path class=\"strong " + colour + " d0\" d=\"M") == 1);
    }
    for (const std::string text : {"moving_avg", "field=usage_idle size=10", "usage_idle", "cpu=cpu-total", "cpu=cpu0",
                                   "cpu=cpu1", "avg, output", "390 points in, 390 out"})
        CHECK(plotted.picture == Contains(text));
    CHECK(plotted.picture == Contains("2026-11-22 UTC"));
}

TEST_CASE("a plot marks exactly the outliers that are printed") {
    const Plotted plotted = plot({"--plugin", "outliers", "--option", "field=usage_system", "--window", "1m",
                                  "--group-by", "cpu", TEST_DATA "/cpu.lp"},
                                 "");
    CHECK(plotted.ended.status == 0);
    CHECK(count(plotted.picture, "<circle class=\"ring c[0-7]\"") == 9);
    CHECK(count(plotted.picture, "<circle class=\"ring c1\"") == 4);
    CHECK(count(plotted.picture, "cpu=cpu0\n37.62 at 2026-11-22T10:39:08Z</title>") == 1);
    CHECK(plotted.picture == Contains("passed on (9 of 390)"));
}

TEST_CASE("a plot is a page where the file is one") {
    const Plotted plotted = plot(kAverageOfTen, "", ".html");
    CHECK(plotted.picture.starts_with("<!DOCTYPE html>"));
    CHECK(plotted.picture == Contains("</svg>"));
}

TEST_CASE("a plot of text says that there are no numbers and one of a strange name is whole") {
    const Plotted text = plot({"--plugin", "mirror"}, "m s=\"x\" 1\n");
    CHECK(text.ended.status == 0);
    CHECK(text.ended.errors == Contains("neither input nor output has numbers"));
    CHECK(text.picture == Contains("there is nothing to plot"));
    const Plotted strange =
        plot({"--plugin", "mirror", "--group-by", "<&\">"}, "m,<&\">=]]>\x01\xff <b>=1 1\nm <b>=1e308 9\n");
    CHECK(strange.ended.status == 0);
    CHECK(strange.picture == Contains("&lt;b&gt;"));
}

TEST_CASE("a plot takes the fields that are named") {
    const Plotted plotted = plot({"--plugin", "mirror", "--plot-field", "b", "--plot-field", "none"}, "m a=1,b=2 1\n");
    CHECK(plotted.ended.status == 0);
    CHECK(count(plotted.picture, "class=\"panel\"") == 1);
    CHECK(plotted.picture == Contains(">b</text>"));
    CHECK(plotted.ended.errors == Contains("--plot-field none: neither input nor output"));
}

TEST_CASE("a plot is written after a Ctrl-C and after a crash") {
    const TemporaryDirectory dir;
    const std::string file = dir / "out.svg";
    UdfProcess process({"run", "--plugin", PLUGINS_DIR "/mirror.so", "--plot", file});
    REQUIRE(::write(process.to_stdin.get(), "m v=1 1\n", 8) == 8);
    char printed[8];
    REQUIRE(::read(process.from_stdout.get(), printed, sizeof printed) > 0);
    process.signal(SIGINT);
    CHECK(process.status() == 130);
    CHECK(content(file) == Contains("1 point in, 1 out"));
    CHECK(content(file) == Contains("The run ended before its input had ended."));

    const Ended crashed = run_udf_host(
        {"run", "--plugin", TEST_PLUGINS "/misbehave.so", "--option", "how=crash", "--plot", file}, "m v=1 1\n");
    CHECK(crashed.status == 1);
    CHECK(content(file) == Contains("1 point in, 0 out"));
}

TEST_CASE("what cannot be plotted is told before the run") {
    const auto refused = [](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"run", "--plugins-dir", PLUGINS_DIR, "--plugin", "mirror"});
        const Ended ended = run_udf_host(arguments, "m v=1 1\n");
        CHECK(is_one_error_line(ended));
        return std::to_string(ended.status) + " " + ended.errors;
    };
    CHECK(refused({"--plot", "out.png"}) == Contains("'out.png' ends in neither .svg nor .html"));
    CHECK(refused({"--plot", "out.png"}).starts_with("2 "));
    CHECK(refused({"--plot-field", "v"}).starts_with("2 "));
    CHECK(refused({"--plot", "/nowhere/out.svg"}).starts_with("1 "));
    const TemporaryDirectory dir;
    const std::string file = dir / "in.svg";
    std::ofstream(file) << "m v=1 1\n";
    CHECK(refused({"--plot", file, file}) == Contains("is both input and output"));
}
