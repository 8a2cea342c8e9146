// SPDX-License-Identifier: MIT
//
// The check of plugin files: any bytes get a verdict in bounded time, a reason is one line of
// text, and a file that passes still passes with bytes behind it that nothing refers to.
#include "plugin/elf.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const fuzz::Exactly file({reinterpret_cast<const char*>(data), size});
    const std::string problem = plugin::elf_problem(file.view());
    FUZZ_CHECK(std::all_of(problem.begin(), problem.end(), [](unsigned char c) { return c >= ' ' && c < 0x7f; }));
    FUZZ_CHECK(problem.empty() || problem.front() != ' ');
    if (problem.empty()) FUZZ_CHECK(plugin::elf_problem(std::string(file.view()) + "more").empty());
    return 0;
}
