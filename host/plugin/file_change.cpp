// SPDX-License-Identifier: MIT
#include "plugin/file_change.h"

#include <sys/stat.h>

#include <utility>

namespace plugin {

FileChange::FileChange(std::filesystem::path file) : file_(std::move(file)), known_(look()), seen_(known_) {}

FileChange::Identity FileChange::look() const noexcept {
    struct stat st {};
    if (::stat(file_.c_str(), &st) != 0) return {};
    return {st.st_dev, st.st_ino, st.st_size, st.st_mtim.tv_sec * 1'000'000'000 + st.st_mtim.tv_nsec};
}

bool FileChange::happened() {
    const Identity now = look();
    const bool stays = now == std::exchange(seen_, now);
    if (!stays || now == known_ || now == Identity{}) return false;
    known_ = now;
    return true;
}

}  // namespace plugin
