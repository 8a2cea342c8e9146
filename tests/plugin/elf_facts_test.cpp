// SPDX-License-Identifier: MIT
#include "plugin/elf_facts.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "plugin/plugin_files.h"

namespace {

bool has(const std::vector<std::string>& all, const std::string& one) {
    return std::ranges::find(all, one) != all.end();
}

}  // namespace

TEST_CASE("a plugin's file says what it exports and needs") {
    const plugin::ElfFacts facts = plugin::elf_facts(bytes_of(TEST_PLUGINS "/rich.so"));
    CHECK(facts.is_elf);
    CHECK(facts.exports == std::vector<std::string>{"udf_plugin_v1"});
    CHECK(has(facts.needed, "libc.so.6"));
    CHECK(std::ranges::any_of(facts.versions, [](const auto& v) { return v.starts_with("GLIBC_2."); }));
    CHECK_FALSE(facts.executable_stack);
    CHECK_FALSE(facts.is_go);
}

TEST_CASE("a file that is cut off anywhere is read as far as it goes") {
    const std::string whole = bytes_of(TEST_PLUGINS "/rich.so");
    for (size_t size = 0; size < whole.size(); size += 97) plugin::elf_facts(whole.substr(0, size));
    CHECK_FALSE(plugin::elf_facts("not ELF at all").is_elf);
    CHECK_FALSE(plugin::elf_facts("").is_elf);
}

TEST_CASE("a file with any byte damaged is read without harm") {
    std::string bytes = bytes_of(TEST_PLUGINS "/rich.so");
    const size_t headers = std::min<size_t>(bytes.size(), 4096);
    for (size_t at = 0; at < headers; ++at) {
        const char before = bytes[at];
        bytes[at] = static_cast<char>(~before);
        plugin::elf_facts(bytes);
        bytes[at] = before;
    }
    CHECK(plugin::elf_facts(bytes).is_elf);
}
