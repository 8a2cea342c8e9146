// SPDX-License-Identifier: MIT
//
// What a command prints, run by bash.
#pragma once

#include <doctest/doctest.h>

#include <cstdio>
#include <string>

struct ShellOutput {
    int status;  // as waitpid() gives it
    std::string text;
};

inline ShellOutput shell_output(const std::string& script) {
    std::string quoted;
    for (const char c : script) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    std::FILE* const pipe = ::popen(("exec bash -c '" + quoted + "' </dev/null").c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string text;
    char piece[4096];
    for (size_t n; (n = std::fread(piece, 1, sizeof piece, pipe)) > 0;) text.append(piece, n);
    return {::pclose(pipe), text};
}
