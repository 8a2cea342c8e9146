// SPDX-License-Identifier: MIT
//
// What a file is by its outside: whether it is another by now can be asked without reading it, on every file system.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>

struct stat;

namespace plugin {

// The same as long as nobody has replaced, written or chmodded it.
struct FileState {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    int64_t modified = 0;  // ns
    mode_t mode = 0;
    uid_t owner = 0;
    bool operator==(const FileState&) const = default;

    // Links are followed. Of zeros where there is no such file.
    static FileState of(const std::filesystem::path& file) noexcept;
    static FileState of(int file) noexcept;
    static FileState of(const struct stat& st) noexcept;
};

}  // namespace plugin
