// SPDX-License-Identifier: MIT
#include "client/whole_file.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "plugin/temporary_directory.h"

using namespace client;
namespace fs = std::filesystem;

namespace {

std::string content(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("a file is replaced whole and nothing is left beside it") {
    const TemporaryDirectory dir;
    write_whole(dir / "a.svg", "one");
    write_whole(dir / "a.svg", "two");
    CHECK(content(dir / "a.svg") == "two");
    CHECK(std::distance(fs::directory_iterator(dir.path()), {}) == 1);
}

TEST_CASE("a link stays one and its target is replaced") {
    const TemporaryDirectory dir;
    fs::create_directory(dir / "real");
    write_whole(dir / "real" / "a.svg", "old");
    fs::create_symlink(dir / "real" / "a.svg", dir / "a.svg");
    write_whole(dir / "a.svg", "one");
    CHECK(fs::is_symlink(dir / "a.svg"));
    CHECK(content(dir / "real" / "a.svg") == "one");
}

TEST_CASE("what cannot be written is told early and by name") {
    const TemporaryDirectory dir;
    check_can_write_whole(dir / "a.svg");
    CHECK_THROWS_WITH_AS(check_can_write_whole("/nowhere/a.svg"), doctest::Contains("cannot write /nowhere/a.svg"),
                         std::system_error);
    CHECK_THROWS_AS(check_can_write_whole(dir.path()), std::system_error);
    CHECK_THROWS_AS(write_whole("/nowhere/a.svg", "x"), std::system_error);
}
