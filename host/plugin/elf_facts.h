// SPDX-License-Identifier: MIT
//
// What a plugin's file says of itself: what it exports and needs, and how it wants to be loaded. Nothing of it is run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plugin {

struct ElfFacts {
    std::vector<std::string> exports;   // all symbols that others could find in it
    std::vector<std::string> unique;    // those of them of which a process has one, whoever brings it (STB_GNU_UNIQUE)
    std::vector<std::string> needed;    // libraries
    std::vector<std::string> versions;  // of their symbols: "GLIBC_2.34"
    std::string run_path;
    bool executable_stack = false, text_relocations = false;
    bool is_elf = false;  // else there is nothing to say
    bool is_go = false;
};

// Of the bytes of a whole file. What is damaged or not there is left out.
ElfFacts elf_facts(std::string_view bytes);

}  // namespace plugin
