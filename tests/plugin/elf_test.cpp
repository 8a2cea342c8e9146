// SPDX-License-Identifier: MIT
#include "plugin/elf.h"

#include <doctest/doctest.h>
#include <elf.h>
#include <link.h>
#include <rapidcheck.h>

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "plugin/contains.h"
#include "plugin/plugin_files.h"

namespace {

using plugin::elf_problem;

template <class T>
T read_at(const std::string& bytes, size_t offset) {
    T result;
    REQUIRE(offset + sizeof result <= bytes.size());
    std::memcpy(&result, bytes.data() + offset, sizeof result);
    return result;
}

template <class T>
void write_at(std::string& bytes, size_t offset, T value) {
    REQUIRE(offset + sizeof value <= bytes.size());
    std::memcpy(bytes.data() + offset, &value, sizeof value);
}

std::vector<ElfW(Phdr)> segments_of(const std::string& bytes) {
    const auto header = read_at<ElfW(Ehdr)>(bytes, 0);
    std::vector<ElfW(Phdr)> result;
    for (unsigned i = 0; i < header.e_phnum; ++i)
        result.push_back(read_at<ElfW(Phdr)>(bytes, header.e_phoff + i * sizeof(ElfW(Phdr))));
    return result;
}

// In a heap block of exactly that size, so that a sanitizer sees a read past the end.
std::string problem_of_prefix(const std::string& bytes, size_t size) {
    const std::unique_ptr<char[]> exact(new char[size]);
    std::memcpy(exact.get(), bytes.data(), size);
    return elf_problem({exact.get(), size});
}

// As if stripped of its section headers, which would give away that the end is missing.
std::string without_sections(std::string bytes) {
    auto header = read_at<ElfW(Ehdr)>(bytes, 0);
    header.e_shoff = header.e_shnum = header.e_shstrndx = 0;
    write_at(bytes, 0, header);
    return bytes;
}

}  // namespace

TEST_CASE("a plugin has no problem") {
    CHECK(elf_problem(bytes_of(test_plugin("one_algorithm"))) == "");
    CHECK(elf_problem(bytes_of(test_plugin("two_algorithms"))) == "");
}

TEST_CASE("a plugin with the older hash table has no problem") {
    CHECK(elf_problem(bytes_of(test_plugin("sysv_hash"))) == "");
}

TEST_CASE("a plugin without section headers has no problem") {
    CHECK(elf_problem(without_sections(bytes_of(test_plugin("one_algorithm")))) == "");
}

TEST_CASE("what is not ELF is called so") {
    CHECK(elf_problem("#!/bin/sh\n") == "is not an ELF file; a plugin is a shared object");
    CHECK(elf_problem("x") == "is not an ELF file; a plugin is a shared object");
    CHECK(elf_problem("") == "is empty; copy it again");
}

TEST_CASE("a plugin cut short at any length is refused") {
    const std::string whole = bytes_of(test_plugin("one_algorithm"));
    std::vector<size_t> lengths = {1, 3, 4, 15, 16, 63, 64, 65, whole.size() - 1};
    std::minstd_rand random(1);
    for (int i = 0; i < 500; ++i) lengths.push_back(random() % whole.size());
    for (const size_t length : lengths) {
        CAPTURE(length);
        CHECK(problem_of_prefix(whole, length) != "");
    }
}

TEST_CASE("a plugin cut short inside a segment says so even without section headers") {
    const std::string whole = without_sections(bytes_of(test_plugin("one_algorithm")));
    for (const auto& segment : segments_of(whole)) {
        if (segment.p_filesz == 0) continue;
        for (const size_t length : {segment.p_offset, segment.p_offset + 1, segment.p_offset + segment.p_filesz - 1}) {
            CAPTURE(length);
            CHECK(problem_of_prefix(whole, length) != "");
            if (length > sizeof(ElfW(Ehdr)))
                CHECK(problem_of_prefix(whole, length) == Contains("is cut short or damaged"));
        }
    }
}

TEST_CASE("a plugin for another machine names both") {
    std::string bytes = bytes_of(test_plugin("one_algorithm"));
    const auto here = read_at<ElfW(Ehdr)>(bytes, 0).e_machine;
    write_at<ElfW(Half)>(bytes, offsetof(ElfW(Ehdr), e_machine), here == EM_S390 ? EM_PPC64 : EM_S390);
    CHECK(elf_problem(bytes) ==
          Contains(here == EM_S390 ? "is for 64-bit PowerPC, this host is for" : "is for S/390, this host is for"));
    write_at<ElfW(Half)>(bytes, offsetof(ElfW(Ehdr), e_machine), 0x7777);
    CHECK(elf_problem(bytes) == Contains("is for machine 30583"));
}

TEST_CASE("a plugin of another word size or byte order is refused") {
    std::string bytes = bytes_of(test_plugin("one_algorithm"));
    bytes[EI_CLASS] ^= 3;
    CHECK(elf_problem(bytes) == Contains("is for another word size"));
    bytes[EI_CLASS] ^= 3;
    bytes[EI_DATA] ^= 3;
    CHECK(elf_problem(bytes) == Contains("is for another byte order"));
}

TEST_CASE("objects and executables are told to link as shared") {
    std::string bytes = bytes_of(test_plugin("one_algorithm"));
    write_at<ElfW(Half)>(bytes, offsetof(ElfW(Ehdr), e_type), ET_REL);
    CHECK(elf_problem(bytes) == "is an object file; link it with -shared");
    write_at<ElfW(Half)>(bytes, offsetof(ElfW(Ehdr), e_type), ET_EXEC);
    CHECK(elf_problem(bytes) == "is an executable; link it with -shared");
    write_at<ElfW(Half)>(bytes, offsetof(ElfW(Ehdr), e_type), ET_CORE);
    CHECK(elf_problem(bytes) == "is not a shared object; link it with -shared");
}

TEST_CASE("a shared object without the entry is refused") {
    CHECK(elf_problem(bytes_of(test_plugin("no_entry"))) == Contains("exports no function udf_plugin_v1"));
}

TEST_CASE("an entry that is called but not defined does not count") {
    CHECK(elf_problem(bytes_of(test_plugin("entry_undefined"))) == Contains("exports no function udf_plugin_v1"));
}

TEST_CASE("an entry that is not a function is refused") {
    CHECK(elf_problem(bytes_of(test_plugin("entry_data"))) == "exports udf_plugin_v1, but not as a function");
}

TEST_CASE("a plugin for the next major asks for a newer host") {
    CHECK(elf_problem(bytes_of(test_plugin("newer_major"))) ==
          "needs plugin interface 2, this host has 1; update udf-host");
}

TEST_CASE("a table of symbols that goes in circles is called damaged") {
    std::string bytes = bytes_of(test_plugin("sysv_hash"));
    size_t table = 0;
    for (const auto& segment : segments_of(bytes))
        for (size_t at = 0; segment.p_type == PT_DYNAMIC && at < segment.p_filesz; at += sizeof(ElfW(Dyn))) {
            const auto entry = read_at<ElfW(Dyn)>(bytes, segment.p_offset + at);
            if (entry.d_tag == DT_HASH) table = entry.d_un.d_ptr;  // its address, and its offset too
        }
    REQUIRE(table != 0);
    const auto word = [&](size_t i) { return table + i * sizeof(uint32_t); };
    const auto buckets = read_at<uint32_t>(bytes, word(0)), symbols = read_at<uint32_t>(bytes, word(1));
    write_at<uint32_t>(bytes, word(1), UINT32_MAX);
    for (size_t i = 2; i < 2 + buckets + symbols; ++i) write_at<uint32_t>(bytes, word(i), 1);
    CHECK(elf_problem(bytes) == "is damaged (its table of symbols has no end); build it again");
}

TEST_CASE("any bytes behind a good beginning are survived") {
    const std::string whole = bytes_of(test_plugin("one_algorithm"));
    const size_t headers = sizeof(ElfW(Ehdr)) + segments_of(whole).size() * sizeof(ElfW(Phdr));
    CHECK(rc::check([&] {
        std::string bytes = whole.substr(0, headers);
        bytes += *rc::gen::arbitrary<std::string>();
        elf_problem(bytes);
    }));
}

TEST_CASE("any damage to headers and tables is survived") {
    // Damage where it is read: the first page with the headers and symbols, and the dynamic section.
    for (const char* name : {"one_algorithm", "sysv_hash"}) {
        const std::string whole = bytes_of(test_plugin(name));
        std::vector<size_t> offsets;
        for (size_t i = 0; i < std::min<size_t>(whole.size(), 0x800); ++i) offsets.push_back(i);
        for (const auto& segment : segments_of(whole))
            if (segment.p_type == PT_DYNAMIC)
                for (size_t i = 0; i < segment.p_filesz; ++i) offsets.push_back(segment.p_offset + i);
        std::minstd_rand random(1);
        for (int round = 0; round < 20000; ++round) {
            std::string bytes = whole;
            for (unsigned changes = 1 + random() % 4; changes > 0; --changes)
                bytes[offsets[random() % offsets.size()]] = static_cast<char>(random() % 8 == 0 ? 0xff : random());
            elf_problem(bytes);
        }
    }
}
