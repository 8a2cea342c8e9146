// SPDX-License-Identifier: MIT
#include "plugin/file_change.h"

#include <sys/stat.h>

#include <exception>
#include <utility>

namespace plugin {
namespace {

FileIdentity identity_of(const std::filesystem::path& file) noexcept {
    struct stat st {};
    if (::stat(file.c_str(), &st) != 0) return {};
    return {st.st_dev, st.st_ino, st.st_size, st.st_mtim.tv_sec * 1'000'000'000 + st.st_mtim.tv_nsec};
}

}  // namespace

FileChange::FileChange(std::filesystem::path file)
    : file_(std::move(file)), known_(identity_of(file_)), seen_(known_) {}

bool FileChange::happened() {
    const FileIdentity now = identity_of(file_);
    const bool stays = now == std::exchange(seen_, now);
    if (!stays || now == known_ || now == FileIdentity{}) return false;
    known_ = now;
    return true;
}

PluginsChange::PluginsChange(SearchPath path) : path_(std::move(path)), known_(look()), seen_(known_) {}

PluginsChange::Identities PluginsChange::look() const try {
    Identities identities;
    for (const auto& file : list(path_))
        if (const FileIdentity identity = identity_of(file); identity != FileIdentity{}) identities[file] = identity;
    return identities;
} catch (const std::exception&) {  // a directory cannot be read for now
    return seen_;
}

bool PluginsChange::happened() {
    Identities now = look();
    if (now != std::exchange(seen_, now)) return false;
    bool happened = false;
    for (const auto& [file, identity] : now) happened |= std::exchange(known_[file], identity) != identity;
    return happened;
}

}  // namespace plugin
