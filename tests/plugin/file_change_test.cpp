// SPDX-License-Identifier: MIT
#include "plugin/file_change.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "plugin/temporary_directory.h"

namespace {

void write(const std::filesystem::path& file, const std::string& text) { std::ofstream(file) << text; }

}  // namespace

TEST_CASE("a file that is replaced has changed, once") {
    const TemporaryDirectory directory;
    const std::filesystem::path file = directory.path() / "x.so", next = directory.path() / "next";
    write(file, "old");
    plugin::FileChange change(file);
    CHECK(!change.happened());
    write(next, "new");
    std::filesystem::rename(next, file);
    CHECK(!change.happened());  // it might be being written
    CHECK(change.happened());
    CHECK(!change.happened());
}

TEST_CASE("a file that is being written has not changed yet") {
    const TemporaryDirectory directory;
    const std::filesystem::path file = directory.path() / "x.so";
    write(file, "old");
    plugin::FileChange change(file);
    for (const char* text : {"n", "ne", "newer"}) {
        write(file, text);
        CHECK(!change.happened());
    }
    CHECK(change.happened());
}

TEST_CASE("a file that is gone has not changed, and has when another is there") {
    const TemporaryDirectory directory;
    const std::filesystem::path file = directory.path() / "x.so";
    write(file, "old");
    plugin::FileChange change(file);
    std::filesystem::remove(file);
    CHECK(!change.happened());
    CHECK(!change.happened());
    write(file, "something else");
    CHECK(!change.happened());
    CHECK(change.happened());
}

TEST_CASE("of many plugins one that is replaced is a change, once") {
    const TemporaryDirectory directory;
    write(directory / "a.so", "a");
    write(directory / "b.so", "b");
    plugin::PluginsChange change({directory.path()});
    CHECK(!change.happened());
    write(directory / "next", "newer");
    std::filesystem::rename(directory / "next", directory / "b.so");
    CHECK(!change.happened());  // it might be being written
    CHECK(change.happened());
    CHECK(!change.happened());
}

TEST_CASE("a further plugin is a change, one that is gone is none, and nor is what is no plugin") {
    const TemporaryDirectory directory;
    write(directory / "a.so", "a");
    plugin::PluginsChange change({directory.path()});
    write(directory / "readme", "text");
    CHECK(!change.happened());
    CHECK(!change.happened());
    std::filesystem::remove(directory / "a.so");
    CHECK(!change.happened());
    CHECK(!change.happened());
    write(directory / "b.so", "b");
    CHECK(!change.happened());
    CHECK(change.happened());
}
