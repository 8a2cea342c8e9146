// SPDX-License-Identifier: MIT
#include "plugin/file_state.h"

#include <sys/stat.h>

namespace plugin {

FileState FileState::of(const struct stat& st) noexcept {
    return {st.st_dev,  st.st_ino, st.st_size, st.st_mtim.tv_sec * 1'000'000'000 + st.st_mtim.tv_nsec,
            st.st_mode, st.st_uid};
}

FileState FileState::of(const std::filesystem::path& file) noexcept {
    struct stat st {};
    return ::stat(file.c_str(), &st) == 0 ? of(st) : FileState{};
}

FileState FileState::of(int file) noexcept {
    struct stat st {};
    return ::fstat(file, &st) == 0 ? of(st) : FileState{};
}

}  // namespace plugin
