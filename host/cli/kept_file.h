// SPDX-License-Identifier: MIT
//
// A plugin's file as it was when a worker of it last came to work. A rename into its place leaves the old
// one to whoever has it open: so a version that works is at hand when the one that replaced it does
// not. Not thread-safe.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "wire/unique_fd.h"

namespace cli {

class KeptFile {
public:
    explicit KeptFile(std::filesystem::path file) : file_(std::move(file)) {}

    // A worker is going to be started from the file.
    void worker_starts();
    // It has come to work: the file is kept. False where it may have been another that the worker was started from.
    bool worker_works();
    // Where what is kept can be loaded from while this object lives, by another process too.
    std::string path() const;

private:
    int open() const;

    const std::filesystem::path file_;
    wire::unique_fd started_, kept_;
};

}  // namespace cli
