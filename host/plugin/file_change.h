// SPDX-License-Identifier: MIT
//
// Whether a plugin's file has been replaced, or one of many: by its identity, not its content, so that asking is
// cheap and works on every file system. For one caller, from one thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>

#include "plugin/path.h"

namespace plugin {

struct FileIdentity {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    int64_t modified = 0;  // ns
    bool operator==(const FileIdentity&) const = default;
};

class FileChange {
public:
    // What the file is now is the old one.
    explicit FileChange(std::filesystem::path file);

    // True once after each change, as soon as the file has been the same at two questions in a row: it may be being
    // written. A file that is not there is no change.
    bool happened();

private:
    std::filesystem::path file_;
    FileIdentity known_, seen_;
};

// The same for all plugins of a search path. One that was not there before is a change too; one that is gone is none.
class PluginsChange {
public:
    explicit PluginsChange(SearchPath path);
    bool happened();

private:
    using Identities = std::map<std::filesystem::path, FileIdentity>;
    Identities look() const;

    SearchPath path_;
    Identities known_, seen_;
};

}  // namespace plugin
