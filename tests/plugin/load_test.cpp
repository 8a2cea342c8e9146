// SPDX-License-Identifier: MIT
#include "plugin/load.h"

#include <doctest/doctest.h>
#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "plugin/contains.h"
#include "plugin/plugin_files.h"
#include "plugin/temporary_directory.h"

namespace {

namespace fs = std::filesystem;

std::string refusal(const fs::path& file, const fs::path& kept = {}) {
    try {
        plugin::load(file, kept);
        return "not refused";
    } catch (const plugin::Refused& refused) {
        return refused.what();
    }
}

std::string replaced(std::string bytes, std::string_view from, std::string_view to) {
    REQUIRE(from.size() == to.size());
    REQUIRE(bytes.find(from) != bytes.npos);
    for (size_t at = 0; (at = bytes.find(from, at)) != bytes.npos; at += to.size()) bytes.replace(at, to.size(), to);
    return bytes;
}

}  // namespace

TEST_CASE("a plugin is loaded with its algorithms") {
    const auto plugin = plugin::load(test_plugin("two_algorithms"));
    REQUIRE(plugin.algorithms().size() == 2);
    CHECK(plugin.algorithm("tally").option_count == 6);
    CHECK(plugin.algorithm("gather").wants == UDF_BATCH);
    CHECK(plugin.file() == test_plugin("two_algorithms"));
}

TEST_CASE("a plugin stays loaded and can be loaded again") {
    const auto once = plugin::load(test_plugin("one_algorithm"));
    const auto again = plugin::load(test_plugin("one_algorithm"));
    CHECK((again.algorithm("drop").create == once.algorithm("drop").create));
}

TEST_CASE("a plugin is loaded by a relative path without a slash") {
    const auto before = fs::current_path();
    fs::current_path(TEST_PLUGINS);
    const std::string answer = refusal("one_algorithm.so");
    fs::current_path(before);
    CHECK(answer == "not refused");
}

TEST_CASE("a plugin is loaded through a link") {
    const TemporaryDirectory dir;
    fs::create_symlink(test_plugin("one_algorithm"), dir / "link.so");
    CHECK(plugin::load(dir / "link.so").file() == dir / "link.so");
}

TEST_CASE("a version that is kept is refused by the plugin's name, not by where it is kept") {
    const TemporaryDirectory dir;
    const fs::path file = write_file(dir / "kept.so", bytes_of(test_plugin("one_algorithm")));
    const int held = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(held >= 0);
    const fs::path kept = fmt::format("/proc/{}/fd/{}", ::getpid(), held);
    CHECK(refusal(file, kept) == "not refused");
    fs::permissions(file, fs::perms::others_write, fs::perm_options::add);
    const std::string answer = refusal(file, kept);
    ::close(held);
    CHECK(answer == fmt::format("refused {0}: the file {0} can be written by everybody; chmod o-w {0}", file.string()));
}

TEST_CASE("a plugin needs no ending and no prefix") {
    const TemporaryDirectory dir;
    CHECK(refusal(write_file(dir / "plain", bytes_of(test_plugin("one_algorithm")))) == "not refused");
}

TEST_CASE("a file that is not there is refused") {
    const TemporaryDirectory dir;
    CHECK(refusal(dir / "none.so") == "refused " + (dir / "none.so").string() + ": there is no such file");
    fs::create_symlink("gone", dir / "dangling.so");
    CHECK(refusal(dir / "dangling.so") == Contains("there is no such file"));
    write_file(dir / "whole.so", "");
    CHECK(refusal(dir / "whole") ==
          Contains("there is no such file; did you mean " + (dir / "whole.so").string() + "?"));
    CHECK(refusal(write_file(dir / "file", "") / "below.so") == Contains("Not a directory"));
}

TEST_CASE("a directory in the place of a plugin is refused") {
    const TemporaryDirectory dir;
    CHECK(refusal(dir.path()) == Contains("is a directory; give the file"));
}

TEST_CASE("a pipe in the place of a plugin is refused at once") {
    const TemporaryDirectory dir;
    REQUIRE(::mkfifo((dir / "pipe.so").c_str(), 0600) == 0);
    CHECK(refusal(dir / "pipe.so") == Contains("is not a regular file"));
}

TEST_CASE("a file that may not be read is refused with the reason") {
    const TemporaryDirectory dir;
    const auto file = write_file(dir / "foo.so", bytes_of(test_plugin("one_algorithm")));
    REQUIRE(::chmod(file.c_str(), 0) == 0);
    if (::geteuid() != 0) CHECK(refusal(file) == Contains("cannot read it: Permission denied"));
}

TEST_CASE("a file that everybody can write is refused") {
    const TemporaryDirectory dir;
    const auto file = write_file(dir / "foo.so", bytes_of(test_plugin("one_algorithm")));
    REQUIRE(::chmod(file.c_str(), 0666) == 0);
    CHECK(refusal(file) == "refused " + file.string() + ": the file " + file.string() +
                               " can be written by everybody; chmod o-w " + file.string());
}

TEST_CASE("a file in a directory that everybody can write is refused even if sticky") {
    const TemporaryDirectory dir;
    const auto file = write_file(dir / "foo.so", bytes_of(test_plugin("one_algorithm")));
    for (const mode_t mode : {0777, 01777}) {
        REQUIRE(::chmod(dir.path().c_str(), mode) == 0);
        CHECK(refusal(file) == Contains("its directory " + dir.path().string() + " can be written by everybody"));
    }
}

TEST_CASE("owner and mode that count are those behind a link") {
    const TemporaryDirectory dir, open;
    REQUIRE(::chmod(open.path().c_str(), 0777) == 0);
    write_file(open / "foo.so", bytes_of(test_plugin("one_algorithm")));
    fs::create_symlink(open / "foo.so", dir / "foo.so");
    CHECK(refusal(dir / "foo.so") == Contains("its directory " + open.path().string()));
}

TEST_CASE("a file or directory of another user is refused") {
    if (::geteuid() != 0) return;  // only root can give a file away
    const TemporaryDirectory dir;
    const auto file = write_file(dir / "foo.so", bytes_of(test_plugin("one_algorithm")));
    REQUIRE(::chown(file.c_str(), 4242, 4242) == 0);
    CHECK(refusal(file) == Contains("belongs to user 4242, not to root or to user 0 who runs udf-host"));
    REQUIRE(::chown(file.c_str(), 0, 0) == 0);
    REQUIRE(::chown(dir.path().c_str(), 4242, 4242) == 0);
    CHECK(refusal(file) == Contains("its directory " + dir.path().string() + " belongs to user 4242"));
}

TEST_CASE("a file that is not ELF is refused") {
    const TemporaryDirectory dir;
    CHECK(refusal(write_file(dir / "foo.so", "not a plugin")) == Contains("foo.so: is not an ELF file"));
}

TEST_CASE("a file cut short at the end of any segment is refused and kills nobody") {
    const TemporaryDirectory dir;
    const std::string whole = bytes_of(test_plugin("one_algorithm"));
    ElfW(Ehdr) header;
    std::memcpy(&header, whole.data(), sizeof header);
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        ElfW(Phdr) segment;
        std::memcpy(&segment, whole.data() + header.e_phoff + i * sizeof segment, sizeof segment);
        for (const size_t length : {segment.p_offset, segment.p_offset + segment.p_filesz}) {
            CAPTURE(length);
            CHECK(refusal(write_file(dir / "foo.so", whole.substr(0, length))) == Contains("foo.so: is "));
        }
    }
}

TEST_CASE("a plugin for another machine is refused") {
    const TemporaryDirectory dir;
    std::string bytes = bytes_of(test_plugin("one_algorithm"));
    bytes[offsetof(ElfW(Ehdr), e_machine)] ^= 0x55;
    CHECK(refusal(write_file(dir / "foo.so", bytes)) == Contains("build it for this machine"));
}

TEST_CASE("a file without the entry is refused before its code runs") {
    CHECK(refusal(test_plugin("no_entry")) == Contains("no_entry.so: exports no function udf_plugin_v1"));
}

TEST_CASE("an entry that returns null is refused") {
    CHECK(refusal(test_plugin("entry_null")) == Contains("entry_null.so: its udf_plugin_v1 returned null"));
}

TEST_CASE("a plugin file for a newer minor is refused") {
    CHECK(refusal(test_plugin("newer_minor")) == Contains("newer_minor.so: needs plugin interface 1."));
}

TEST_CASE("a plugin file for a newer major is refused") {
    CHECK(refusal(test_plugin("newer_major")) == Contains("newer_major.so: needs plugin interface 2"));
}

TEST_CASE("an undefined symbol is named with a way to see it earlier") {
    CHECK(refusal(test_plugin("undefined_symbol")) == Contains("undefined symbol: nobody_defines_this"));
    CHECK(refusal(test_plugin("undefined_symbol")) == Contains("; link it with -Wl,-z,defs"));
}

TEST_CASE("a plugin built for a newer libc is told where to build") {
    const TemporaryDirectory dir;
    const auto bytes = replaced(bytes_of(test_plugin("one_algorithm")), "GLIBC_2", "GLIBC_9");
    CHECK(refusal(write_file(dir / "foo.so", bytes)) == Contains("version `GLIBC_9"));
    CHECK(refusal(dir / "foo.so") == Contains("; it was built for a newer system: build it on the oldest"));
}

TEST_CASE("a plugin built with a newer libstdc++ is told how to link") {
    const TemporaryDirectory dir;
    const auto bytes = replaced(bytes_of(test_plugin("two_algorithms")), "GLIBCXX_3", "GLIBCXX_9");
    CHECK(refusal(write_file(dir / "foo.so", bytes)) == Contains("version `GLIBCXX_9"));
    CHECK(refusal(dir / "foo.so") == Contains("-static-libstdc++"));
}

TEST_CASE("a library that a plugin needs and is not there is named") {
    const TemporaryDirectory dir;
    const auto bytes = replaced(bytes_of(test_plugin("one_algorithm")), "libc.so", "libQ.so");
    CHECK(refusal(write_file(dir / "foo.so", bytes)) == Contains("libQ.so"));
    CHECK(refusal(dir / "foo.so") == Contains("cannot open shared object file"));
    CHECK(refusal(dir / "foo.so") == Contains("; install the library that it needs"));
}
