// SPDX-License-Identifier: MIT
//
// What a file is, by its bytes alone: nothing of it is mapped or run. dlopen trusts what it maps:
// a file that was cut short, while it was copied say, kills the process with SIGBUS there.
#pragma once

#include <string>
#include <string_view>

namespace plugin {

// Why these bytes of a whole file are no plugin for this machine, in words that follow the name of
// the file ("is not an ELF file"); empty where they are one. Holds its own against any bytes.
std::string elf_problem(std::string_view bytes);

}  // namespace plugin
