// SPDX-License-Identifier: MIT
//
// Whether a plugin's file has been replaced, or one of many: by its outside (file_state.h), not its content. For one
// caller, from one thread.
#pragma once

#include <filesystem>
#include <map>

#include "plugin/file_state.h"
#include "plugin/path.h"

namespace plugin {

class FileChange {
public:
    // What the file is now is the old one.
    explicit FileChange(std::filesystem::path file);

    // True once after each change, as soon as the file has been the same at two questions in a row: it may be being
    // written. A file that is not there is no change.
    bool happened();

private:
    std::filesystem::path file_;
    FileState known_, seen_;
};

// The same for all plugins of a search path. One that was not there before is a change too; one that is gone is none.
class PluginsChange {
public:
    explicit PluginsChange(SearchPath path);
    bool happened();

private:
    using States = std::map<std::filesystem::path, FileState>;
    States look() const;

    SearchPath path_;
    States known_, seen_;
};

}  // namespace plugin
