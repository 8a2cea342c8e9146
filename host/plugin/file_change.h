// SPDX-License-Identifier: MIT
//
// Whether a plugin's file has been replaced: by its identity, not its content, so that asking is cheap
// and works on every file system. For one caller, from one thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>

namespace plugin {

class FileChange {
public:
    // What the file is now is the old one.
    explicit FileChange(std::filesystem::path file);

    // True once after each change, as soon as the file has been the same at two questions in a row: it may be being
    // written. A file that is not there is no change.
    bool happened();

private:
    struct Identity {
        dev_t device = 0;
        ino_t inode = 0;
        off_t size = 0;
        int64_t modified = 0;  // ns
        bool operator==(const Identity&) const = default;
    };
    Identity look() const noexcept;

    std::filesystem::path file_;
    Identity known_, seen_;
};

}  // namespace plugin
