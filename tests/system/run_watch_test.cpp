// SPDX-License-Identifier: MIT
//
// `udf-host run --watch`, whole: another run whenever the file of the plugin is another.
#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "plugin/contains.h"
#include "plugin/temporary_directory.h"
#include "system/udf_process.h"

namespace {

namespace fs = std::filesystem;

std::string written_in(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

// A plugin that is replaced, its input, and where the output goes.
struct Workplace {
    Workplace() {
        std::ofstream(dir / "in.lp") << "m v=2 1\nm v=4 2\n";
        put(PLUGINS_DIR "/mirror.so");
    }
    // As a compiler does that writes it elsewhere first.
    void put(const fs::path& plugin) const {
        fs::copy_file(plugin, dir / "new");
        fs::rename(dir / "new", dir / "mine.so");
    }
    std::vector<std::string> watched(const std::vector<std::string>& more = {}) const {
        std::vector<std::string> arguments{"run",         "--watch", "--plugin",     dir / "mine.so", "--option",
                                           "field=v,1.0", "-o",      dir / "out.lp", dir / "in.lp"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    }
    TemporaryDirectory dir;
};

bool says(UdfProcess& process, const std::string& text) {
    const bool said = eventually([&] { return process.errors().find(text) != std::string::npos; });
    CAPTURE(process.errors());
    CHECK(said);
    return said;
}

}  // namespace

TEST_CASE("run --watch runs again with the plugin that has come and rewrites its files") {
    const Workplace place;
    const std::string picture = place.dir / "out.svg";
    UdfProcess process(place.watched({"--plot", picture}));
    REQUIRE(says(process, "--- run 1 exited with status 1; waiting for mine.so"));  // a mirror has no such option
    place.put(PLUGINS_DIR "/set_field.so");
    REQUIRE(says(process, "--- run 2 ended well; waiting for mine.so"));
    CHECK(process.errors() == Contains("--- mine.so changed at "));
    CHECK(written_in(place.dir / "out.lp") == "m v=1 1\nm v=1 2\n");
    CHECK(written_in(picture) == Contains("2 points in, 2 out"));
    process.signal(SIGINT);
    CHECK(process.status() == 130);
}

TEST_CASE("run --watch reports a plugin that is broken and waits for a better one") {
    const Workplace place;
    UdfProcess process(place.watched());
    REQUIRE(says(process, "--- run 1 "));
    std::ofstream(place.dir / "mine.so") << written_in(PLUGINS_DIR "/set_field.so").substr(0, 3000);
    REQUIRE(says(process, "is cut short or damaged"));
    REQUIRE(says(process, "--- run 2 exited with status 1"));
    fs::remove(place.dir / "mine.so");
    place.put(PLUGINS_DIR "/set_field.so");
    REQUIRE(says(process, "--- run 3 ended well"));
    process.signal(SIGTERM);
    CHECK(process.status() == 143);
}

TEST_CASE("run --watch does not wait for a plugin that hangs") {
    const Workplace place;
    place.put(TEST_PLUGINS "/misbehave.so");
    UdfProcess process({"run", "--watch", "--plugin", place.dir / "mine.so", "--option", "how=loop", "-o",
                        place.dir / "out.lp", place.dir / "in.lp"});
    REQUIRE(says(process, "a line for nobody"));
    place.put(PLUGINS_DIR "/mirror.so");
    REQUIRE(says(process, "--- run 2 "));
    process.signal(SIGINT);
    CHECK(process.status() == 130);
}

TEST_CASE("run --watch takes only input that can be read again") {
    const Workplace place;
    for (const std::string input : {"-", "/dev/null"}) {
        const Ended ended = run_udf_host({"run", "--watch", "--plugin", place.dir / "mine.so", input});
        CHECK(ended.status == 2);
        CHECK(is_one_error_line(ended));
        CHECK(ended.errors == Contains("name a regular file"));
    }
    CHECK(run_udf_host({"run", "--watch", "--plugin", place.dir / "mine.so", "/nowhere/in.lp"}).status == 1);
    CHECK(run_udf_host({"run", "--watch", "--input", place.dir / "in.lp", "--", "cat"}).status == 2);
}
