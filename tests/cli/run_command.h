// SPDX-License-Identifier: MIT
//
// Runs a subcommand in this process and gives back what it wrote to the standard output, or to another descriptor.
#pragma once

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

// Takes the descriptor away as long as it lives; the output goes to a file without a name.
class CapturedOutput {
public:
    explicit CapturedOutput(int descriptor = STDOUT_FILENO) : descriptor_(descriptor) {
        std::fflush(stdout);
        ::dup2(::fileno(file_), descriptor_);
    }
    CapturedOutput(const CapturedOutput&) = delete;
    CapturedOutput& operator=(const CapturedOutput&) = delete;
    ~CapturedOutput() {
        std::fflush(stdout);
        ::dup2(before_, descriptor_);
        ::close(before_);
        std::fclose(file_);
    }

    std::string text() const {
        std::fflush(stdout);
        std::string result(static_cast<size_t>(::lseek(::fileno(file_), 0, SEEK_END)), '\0');
        const ssize_t n = ::pread(::fileno(file_), result.data(), result.size(), 0);
        result.resize(n > 0 ? static_cast<size_t>(n) : 0);
        return result;
    }

private:
    const int descriptor_, before_ = ::dup(descriptor_);
    std::FILE* file_ = std::tmpfile();
};

// `add` is what adds the subcommand; `words` are the subcommand and its arguments. Throws what the
// subcommand throws.
inline std::string run_command(void (*add)(CLI::App&), std::vector<std::string> words, int descriptor = STDOUT_FILENO) {
    CLI::App app;
    add(app);
    const CapturedOutput output(descriptor);
    app.parse(std::vector(words.rbegin(), words.rend()));  // CLI11 takes them from the back
    return output.text();
}
