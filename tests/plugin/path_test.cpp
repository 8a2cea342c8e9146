// SPDX-License-Identifier: MIT
#include "plugin/path.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

#include "plugin/temporary_directory.h"

namespace {

namespace fs = std::filesystem;

// Sets $UDF_HOST_PLUGINS, or takes it away, as long as it lives. A service is what systemd says it has started.
class Environment {
public:
    explicit Environment(const char* value, pid_t service = 0) {
        if (value != nullptr)
            ::setenv("UDF_HOST_PLUGINS", value, 1);
        else
            ::unsetenv("UDF_HOST_PLUGINS");
        ::setenv("SYSTEMD_EXEC_PID", std::to_string(service).c_str(), 1);
    }
    ~Environment() {
        ::unsetenv("UDF_HOST_PLUGINS");
        ::unsetenv("SYSTEMD_EXEC_PID");
    }
};

const fs::path& built_plugins() {
    static const fs::path directory = fs::read_symlink("/proc/self/exe").parent_path().parent_path() / "plugins";
    return directory;
}

void touch(const fs::path& file) {
    fs::create_directories(file.parent_path());
    std::ofstream out(file);
}

}  // namespace

TEST_CASE("the directory given is the whole path") {
    const Environment environment("/elsewhere");
    CHECK(plugin::search_path("some/dir") == plugin::SearchPath{"some/dir"});
}

TEST_CASE("the environment names directories separated by colons") {
    const Environment environment(":/a::b/c:");
    CHECK(plugin::search_path({}) == plugin::SearchPath{"/a", "b/c"});
}

TEST_CASE("without a word from anybody the plugins beside the executable are found") {
    for (const char* nothing : {static_cast<const char*>(nullptr), "", ":"}) {
        const Environment environment(nothing);
        const auto path = plugin::search_path({});
        REQUIRE(path.size() == 1);
        CHECK(path[0] == built_plugins());
    }
}

TEST_CASE("a service of systemd is not told by the environment but what it starts is") {
    {
        const Environment environment("/elsewhere", ::getpid());
        CHECK(plugin::search_path({}) == plugin::SearchPath{built_plugins()});
        CHECK(plugin::search_path("/given") == plugin::SearchPath{"/given"});
    }
    const Environment environment("/elsewhere", ::getppid());
    CHECK(plugin::search_path({}) == plugin::SearchPath{"/elsewhere"});
}

TEST_CASE("a server of a directory is not told by the environment") {
    const Environment environment("/elsewhere");
    CHECK(plugin::server_search_path({}) == plugin::SearchPath{built_plugins()});
    CHECK(plugin::server_search_path("/given") == plugin::SearchPath{"/given"});
}

TEST_CASE("a name with a slash or the ending is a path") {
    CHECK(plugin::find("./foo", {"/nowhere"}) == "./foo");
    CHECK(plugin::find("foo.so", {"/nowhere"}) == "foo.so");
    CHECK(plugin::find("/a/foo.so", {}) == "/a/foo.so");
}

TEST_CASE("a bare name is looked up in each directory in turn") {
    const TemporaryDirectory dir;
    touch(dir / "one/foo.so");
    touch(dir / "two/foo.so");
    touch(dir / "two/bar.so");
    const plugin::SearchPath path{dir / "none", dir / "one", dir / "two"};
    CHECK(plugin::find("foo", path) == dir / "one/foo.so");
    CHECK(plugin::find("bar", path) == dir / "two/bar.so");
}

TEST_CASE("a name that is not there says where it was looked for and what is near") {
    const TemporaryDirectory dir;
    touch(dir / "moving_avg.so");
    const plugin::SearchPath path{"/nowhere", dir.path()};
    const auto place = "no plugin 'moving_agv' in /nowhere (which does not exist), " + dir.path().string();
    CHECK_THROWS_WITH_AS(plugin::find("moving_agv", path), (place + "; did you mean 'moving_avg'?").c_str(),
                         std::runtime_error);
    CHECK_THROWS_WITH_AS(plugin::find("mirror", {"/nowhere"}), "no plugin 'mirror' in /nowhere (which does not exist)",
                         std::runtime_error);
}

TEST_CASE("a bare name of a file in the current directory is told how to be said") {
    const TemporaryDirectory directory;
    touch(directory.path() / "mine.so");
    const fs::path before = fs::current_path();
    fs::current_path(directory.path());
    CHECK_THROWS_WITH_AS(
        plugin::find("mine", {"/nowhere"}),
        "no plugin 'mine' in /nowhere (which does not exist); for the one in this directory say ./mine.so",
        std::runtime_error);
    fs::current_path(before);
}

TEST_CASE("an empty name is an error") { CHECK_THROWS_AS(plugin::find("", {"/nowhere"}), std::runtime_error); }

TEST_CASE("the plugins of a path are listed by name and the first of a name wins") {
    const TemporaryDirectory dir;
    touch(dir / "one/b.so");
    touch(dir / "two/b.so");
    touch(dir / "two/a.so");
    touch(dir / "two/c.so");
    CHECK(plugin::list({dir / "one", dir / "none", dir / "two"}) ==
          plugin::SearchPath{dir / "two/a.so", dir / "one/b.so", dir / "two/c.so"});
}

TEST_CASE("only files that end in .so and are not hidden are listed") {
    const TemporaryDirectory dir;
    touch(dir / "a.so");
    touch(dir / "a.so.1");
    touch(dir / "README");
    touch(dir / ".a.so");
    fs::create_directory(dir / "d.so");
    fs::create_symlink("gone", dir / "dangling.so");
    CHECK(plugin::list({dir.path()}) == plugin::SearchPath{dir / "a.so", dir / "dangling.so"});
}

TEST_CASE("a path that is no directory is an error that names it") {
    const TemporaryDirectory dir;
    touch(dir / "file");
    CHECK_THROWS_WITH_AS(plugin::list({dir / "file"}), doctest::Contains((dir / "file").c_str()), std::runtime_error);
}
