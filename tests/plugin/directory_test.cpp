// SPDX-License-Identifier: MIT
#include "plugin/directory.h"

#include <doctest/doctest.h>
#include <poll.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "plugin/temporary_directory.h"

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using plugin::Directory;

namespace {

using Names = std::vector<std::string>;

// A directory that is looked at by a clock of the test's own.
struct Trial {
    TemporaryDirectory outside;
    fs::path path = outside.path() / "plugins";
    Directory directory{path, {.settled = 200ms, .poll = 2s}};
    Directory::Clock::time_point now{};

    Trial() { fs::create_directory(path); }

    void write(const std::string& name, const std::string& text) const { std::ofstream(path / name) << text; }
    void rename_into(const std::string& name, const std::string& text) const {
        std::ofstream(path / "new") << text;
        fs::rename(path / "new", path / name);
    }
    // After so long a time: `x.so`, or `-x.so` for one that is gone.
    Names look(std::chrono::milliseconds later) {
        now += later;
        Names names;
        for (const auto& [file, gone] : directory.look(now))
            names.push_back((gone ? "-" : "") + file.filename().string());
        return names;
    }
};

}  // namespace

TEST_CASE("the first look at a directory tells all plugins at once") {
    Trial trial;
    trial.write("b.so", "b");
    trial.write("a.so", "a");
    trial.write("a.so~", "an editor's");
    trial.write(".a.so.swp", "another's");
    CHECK(trial.look(0s) == Names{"a.so", "b.so"});
    CHECK(trial.look(10s).empty());
}

TEST_CASE("a plugin that has come is told once it has been the same for a moment") {
    Trial trial;
    trial.look(0s);
    trial.write("a.so", "par");
    CHECK(trial.look(0s).empty());
    trial.write("a.so", "partly");
    CHECK(trial.look(199ms).empty());
    CHECK(trial.directory.next_look() == trial.now + 200ms);
    CHECK(trial.look(199ms).empty());
    CHECK(trial.look(1ms) == Names{"a.so"});
    CHECK(trial.look(1ms).empty());
}

TEST_CASE("a plugin that is replaced is told, though it has the same size") {
    Trial trial;
    trial.write("a.so", "old");
    trial.look(0s);
    trial.rename_into("a.so", "new");
    trial.look(0s);
    CHECK(trial.look(200ms) == Names{"a.so"});
}

TEST_CASE("a plugin whose mode has changed is told: it may be trusted now, or not any more") {
    Trial trial;
    trial.write("a.so", "a");
    trial.look(0s);
    fs::permissions(trial.path / "a.so", fs::perms::others_write, fs::perm_options::add);
    trial.look(0s);
    CHECK(trial.look(200ms) == Names{"a.so"});
    fs::permissions(trial.path, fs::perms::others_write, fs::perm_options::add);
    trial.look(0s);
    CHECK(trial.look(200ms) == Names{"a.so"});
}

TEST_CASE("a plugin that is gone for a moment only is not gone") {
    Trial trial;
    trial.write("a.so", "old");
    trial.look(0s);
    fs::rename(trial.path / "a.so", trial.path / "away");
    CHECK(trial.look(0s).empty());
    fs::rename(trial.path / "away", trial.path / "a.so");
    CHECK(trial.look(1s).empty());
    fs::remove(trial.path / "a.so");
    CHECK(trial.look(0s).empty());
    CHECK(trial.look(200ms) == Names{"-a.so"});
    trial.write("a.so", "old");
    trial.look(0s);
    CHECK(trial.look(200ms) == Names{"a.so"});
}

TEST_CASE("a link that leads elsewhere is another plugin") {
    Trial trial;
    std::ofstream(trial.outside.path() / "one.so") << "1";
    std::ofstream(trial.outside.path() / "two.so") << "2";
    fs::create_symlink("../one.so", trial.path / "a.so");
    CHECK(trial.look(0s) == Names{"a.so"});
    fs::create_symlink("../two.so", trial.path / "next");
    fs::rename(trial.path / "next", trial.path / "a.so");
    trial.look(0s);
    CHECK(trial.look(200ms) == Names{"a.so"});
    std::ofstream(trial.outside.path() / "two.so") << "longer";
    trial.look(0s);
    CHECK(trial.look(200ms) == Names{"a.so"});
    fs::remove(trial.outside.path() / "two.so");  // it is broken now, not gone
    trial.look(0s);
    CHECK(trial.look(200ms) == Names{"a.so"});
}

TEST_CASE("a directory may vanish and come back") {
    Trial trial;
    trial.write("a.so", "a");
    trial.look(0s);
    fs::rename(trial.path, trial.outside.path() / "away");
    trial.look(0s);
    CHECK(trial.look(200ms) == Names{"-a.so"});
    fs::create_directory(trial.path);
    trial.write("b.so", "b");
    trial.look(0s);
    CHECK(trial.look(200ms) == Names{"b.so"});
    CHECK(trial.directory.problem().empty());
}

TEST_CASE("the kernel tells of a change, in a directory that has come back as well") {
    Trial trial;
    REQUIRE(trial.directory.fd() >= 0);
    const auto is_told = [&](std::chrono::milliseconds within) {
        pollfd fd{trial.directory.fd(), POLLIN, 0};
        return ::poll(&fd, 1, static_cast<int>(within.count())) == 1;
    };
    trial.look(0s);
    CHECK(!is_told(0ms));
    trial.write("a.so", "a");
    CHECK(is_told(60s));
    trial.look(0s);
    CHECK(!is_told(0ms));
    fs::rename(trial.path, trial.outside.path() / "away");
    fs::create_directory(trial.path);
    trial.look(0s);
    trial.write("b.so", "b");
    CHECK(is_told(60s));
}

TEST_CASE("a directory is looked at again where nothing is told") {
    Trial trial;
    trial.look(0s);
    CHECK(trial.directory.next_look() == trial.now + 2s);
}
