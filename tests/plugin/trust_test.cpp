// SPDX-License-Identifier: MIT
#include "plugin/trust.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <string>
#include <system_error>

#include "plugin/contains.h"
#include "plugin/plugin_files.h"
#include "plugin/temporary_directory.h"

namespace {

namespace fs = std::filesystem;

// A directory with the links on the way to it followed, so that paths in messages are known.
class RealDirectory {
public:
    const fs::path& path() const { return path_; }
    fs::path operator/(const fs::path& name) const { return path_ / name; }

private:
    TemporaryDirectory directory_;
    fs::path path_ = fs::canonical(directory_.path());
};

void set_mode(const fs::path& at, mode_t mode) { REQUIRE(::chmod(at.c_str(), mode) == 0); }
void give_away(const fs::path& at) { REQUIRE(::chown(at.c_str(), 4242, 4242) == 0); }

fs::path made_directory(const fs::path& at, mode_t mode = 0755) {
    fs::create_directories(at);
    set_mode(at, mode);
    return at;
}

// As a plugin is loaded: "" where it is trusted.
std::string problem_of(const fs::path& file) {
    try {
        const fs::path real = plugin::follow_trusted(file);
        struct stat st {};
        REQUIRE(::stat(real.c_str(), &st) == 0);
        plugin::check_trusted_file(real, st, real);
        return "";
    } catch (const plugin::Untrusted& e) {
        return e.what();
    }
}

std::string problem_of_directory(const fs::path& directory) {
    try {
        plugin::follow_trusted_directory(directory);
        return "";
    } catch (const plugin::Untrusted& e) {
        return e.what();
    }
}

std::error_code error_of(const fs::path& path) {
    try {
        plugin::follow_trusted(path);
        return {};
    } catch (const std::system_error& e) {
        return e.code();
    }
}

}  // namespace

// ---- The way ----

TEST_CASE("a way is followed as the kernel follows it") {
    const RealDirectory dir;
    made_directory(dir / "a/b");
    made_directory(dir / "c");
    const auto file = write_file(dir / "a/b/foo.so", "");
    fs::create_symlink("../a/b", dir / "c/relative");
    fs::create_symlink(dir / "c/relative", dir / "absolute");
    fs::create_symlink("foo.so", dir / "a/b/last.so");
    fs::create_symlink("absolute/../b/./last.so", dir / "all");
    for (const char* name : {"a/b/foo.so", "a//b/./foo.so", "c/../a/b/foo.so", "c/relative/foo.so", "absolute/foo.so",
                             "absolute/../b/foo.so", "a/b/last.so", "all", "a/../all"}) {
        CAPTURE(name);
        CHECK(plugin::follow_trusted(dir / name) == file);
    }
    const fs::path before = fs::current_path();
    fs::current_path(dir / "c");
    CHECK(plugin::follow_trusted("relative/foo.so") == file);
    CHECK(plugin::follow_trusted("../all") == file);
    fs::current_path(before);
}

TEST_CASE("a way that leads to nothing says what the kernel says") {
    const RealDirectory dir;
    write_file(dir / "file", "");
    fs::create_symlink("gone", dir / "dangling");
    fs::create_symlink("loop", dir / "loop");
    CHECK(error_of(dir / "none/foo.so") == std::errc::no_such_file_or_directory);
    CHECK(error_of(dir / "dangling") == std::errc::no_such_file_or_directory);
    CHECK(error_of({}) == std::errc::no_such_file_or_directory);
    for (const char* name : {"file/foo.so", "file/", "file/.", "file/../file"}) {
        CAPTURE(name);
        CHECK(error_of(dir / name) == std::errc::not_a_directory);
    }
    CHECK(error_of(dir / "loop") == std::errc::too_many_symbolic_link_levels);
}

// ---- A file ----

TEST_CASE("a file in a build directory of a group is trusted") {
    const RealDirectory dir;
    made_directory(dir / "build", 0775);
    const auto file = write_file(made_directory(dir / "build/plugins", 0775) / "foo.so", "");
    set_mode(file, 0775);
    CHECK(problem_of(file) == "");
}

TEST_CASE("a directory further up that everybody can write is refused unless it is sticky") {
    const RealDirectory dir;
    const auto open = made_directory(dir / "open", 0777);
    const auto file = write_file(made_directory(open / "plugins") / "foo.so", "");
    CHECK(problem_of(file) == "the directory " + open.string() +
                                  " on the way to it can be written by everybody; chmod o-w " + open.string());
    set_mode(open, 01777);
    CHECK(problem_of(file) == "");
}

TEST_CASE("a directory that everybody can write is refused on the way of a link too") {
    const RealDirectory dir;
    const auto open = made_directory(dir / "open", 0777);
    write_file(made_directory(open / "plugins") / "foo.so", "");
    made_directory(dir / "links");
    fs::create_symlink(open / "plugins", dir / "links/plugins");
    CHECK(problem_of(dir / "links/plugins/foo.so") == Contains("the directory " + open.string() + " on the way to it"));
}

TEST_CASE("the directory of every link on the way must be ours even if sticky") {
    const RealDirectory dir;
    const auto file = write_file(made_directory(dir / "plugins") / "foo.so", "");
    const auto middle = made_directory(dir / "middle"), first = made_directory(dir / "first");
    fs::create_symlink(dir / "plugins", middle / "second");
    fs::create_symlink(middle / "second/foo.so", first / "foo.so");
    CHECK(problem_of(first / "foo.so") == "");
    for (const mode_t mode : {0777, 01777}) {
        for (const auto& [open, link] : {std::pair{middle, middle / "second"}, std::pair{first, first / "foo.so"}}) {
            set_mode(open, mode);
            CHECK(problem_of(first / "foo.so") == "the directory " + open.string() + " of the link " + link.string() +
                                                      " can be written by everybody; chmod o-w " + open.string());
            set_mode(open, 0755);
        }
    }
}

TEST_CASE("a link in a directory of another user is refused") {
    if (::geteuid() != 0) return;  // only root can give a directory away
    const RealDirectory dir;
    const auto file = write_file(made_directory(dir / "plugins") / "foo.so", "");
    const auto home = made_directory(dir / "home");
    fs::create_symlink(file, home / "foo.so");
    give_away(home);
    CHECK(problem_of(home / "foo.so") ==
          "the directory " + home.string() + " of the link " + (home / "foo.so").string() +
              " belongs to user 4242, not to root or to user 0 who runs udf-host; chown root " + home.string());
}

TEST_CASE("what root built below a directory of another user is trusted") {
    if (::geteuid() != 0) return;
    const RealDirectory dir;
    const auto home = made_directory(dir / "home");
    const auto file = write_file(made_directory(home / "source/build/plugins") / "foo.so", "");
    give_away(home);
    CHECK(problem_of(file) == "");
    give_away(home / "source");
    CHECK(problem_of(file) == "");
    give_away(home / "source/build/plugins");
    CHECK(problem_of(file) == Contains("its directory " + (home / "source/build/plugins").string() + " belongs to"));
}

// ---- A directory ----

TEST_CASE("a directory of plugins is followed to where it is") {
    const RealDirectory dir;
    made_directory(dir / "plugins");
    fs::create_symlink("plugins", dir / "link");
    for (const char* name : {"plugins", "plugins/", "link", "link/."}) {
        CAPTURE(name);
        CHECK(plugin::follow_trusted_directory(dir / name) == dir / "plugins");
    }
}

TEST_CASE("a directory of plugins that everybody can write is refused even if sticky") {
    const RealDirectory dir;
    const auto open = made_directory(dir / "plugins");
    for (const mode_t mode : {0777, 01777}) {
        set_mode(open, mode);
        CHECK(problem_of_directory(open) ==
              "the directory " + open.string() + " can be written by everybody; chmod o-w " + open.string());
    }
}

TEST_CASE("what is above a directory of plugins may be written by everybody only if sticky") {
    const RealDirectory dir;
    const auto open = made_directory(dir / "open", 0777);
    made_directory(open / "plugins");
    CHECK(problem_of_directory(open / "plugins") == Contains("the directory " + open.string() + " on the way to it"));
    set_mode(open, 01777);
    CHECK(problem_of_directory(open / "plugins") == "");
}

TEST_CASE("a directory of plugins of another user is refused") {
    if (::geteuid() != 0) return;
    const RealDirectory dir;
    const auto theirs = made_directory(dir / "plugins");
    give_away(theirs);
    CHECK(problem_of_directory(theirs) == Contains("belongs to user 4242, not to root or to user 0"));
}

TEST_CASE("a file or nothing in the place of a directory of plugins is an error of the system") {
    const RealDirectory dir;
    write_file(dir / "file", "");
    CHECK_THROWS_AS(plugin::follow_trusted_directory(dir / "file"), std::system_error);
    CHECK_THROWS_AS(plugin::follow_trusted_directory(dir / "none"), std::system_error);
    CHECK_THROWS_AS(plugin::follow_trusted_directory({}), std::system_error);
}
