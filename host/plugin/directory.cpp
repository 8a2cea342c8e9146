// SPDX-License-Identifier: MIT
#include "plugin/directory.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "plugin/path.h"

namespace plugin {
namespace {

namespace fs = std::filesystem;

FileState link_state(const fs::path& file) noexcept {
    struct stat st {};
    return ::lstat(file.c_str(), &st) == 0 && S_ISLNK(st.st_mode) ? FileState::of(st) : FileState{};
}

}  // namespace

Directory::Directory(fs::path directory, Times times)
    : path_(std::move(directory)), times_(times), inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

Directory::~Directory() {
    if (inotify_ >= 0) ::close(inotify_);
}

// Each time anew: where the directory is another by now, it is that one.
void Directory::watch() noexcept {
    if (inotify_ < 0) return;
    char events[4096];
    while (::read(inotify_, events, sizeof events) > 0) continue;
    constexpr uint32_t kEvents = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_ATTRIB |
                                 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
    const int now = ::inotify_add_watch(inotify_, path_.c_str(), kEvents);
    if (const int before = std::exchange(watched_, now); before >= 0 && before != now)
        ::inotify_rm_watch(inotify_, before);
}

std::map<fs::path, Directory::State> Directory::scan() {
    std::map<fs::path, State> files;
    FileState directory = FileState::of(path_);
    directory.size = directory.modified = 0;  // these change with every file
    for (const fs::path& file : list({path_})) files[file] = {FileState::of(file), link_state(file), directory, true};
    return files;
}

std::vector<Directory::Change> Directory::look(Clock::time_point now) {
    watch();
    next_look_ = now + times_.poll;
    std::map<fs::path, State> files;
    try {
        files = scan();
        problem_.clear();
    } catch (const std::runtime_error& e) {  // nothing is known of them: they stay what they were
        problem_ = e.what();
        return {};
    }
    for (const auto& [file, seen] : seen_) files.try_emplace(file);
    const milliseconds settled = std::exchange(looked_, true) ? times_.settled : milliseconds(0);
    std::vector<Change> changes;
    for (const auto& [file, state] : files) {
        Seen& seen = seen_[file];
        if (seen.now != state) {
            seen.now = state;
            seen.since = now;
        }
        if (seen.now == seen.told) {
            if (!state.is_there) seen_.erase(file);
        } else if (now - seen.since < settled) {
            next_look_ = std::min(next_look_, seen.since + settled);
        } else {
            changes.push_back({file, !state.is_there});
            seen.told = state;
            if (!state.is_there) seen_.erase(file);
        }
    }
    return changes;
}

}  // namespace plugin
