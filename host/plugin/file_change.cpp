// SPDX-License-Identifier: MIT
#include "plugin/file_change.h"

#include <exception>
#include <utility>

namespace plugin {
FileChange::FileChange(std::filesystem::path file)
    : file_(std::move(file)), known_(FileState::of(file_)), seen_(known_) {}

bool FileChange::happened() {
    const FileState now = FileState::of(file_);
    const bool stays = now == std::exchange(seen_, now);
    if (!stays || now == known_ || now == FileState{}) return false;
    known_ = now;
    return true;
}

PluginsChange::PluginsChange(SearchPath path) : path_(std::move(path)), known_(look()), seen_(known_) {}

PluginsChange::States PluginsChange::look() const try {
    States states;
    for (const auto& file : list(path_))
        if (const FileState state = FileState::of(file); state != FileState{}) states[file] = state;
    return states;
} catch (const std::exception&) {  // a directory cannot be read for now
    return seen_;
}

bool PluginsChange::happened() {
    States now = look();
    if (now != std::exchange(seen_, now)) return false;
    bool happened = false;
    for (const auto& [file, state] : now) happened |= std::exchange(known_[file], state) != state;
    return happened;
}

}  // namespace plugin
