// SPDX-License-Identifier: MIT
//
// A plugins directory that is watched: tells of files that have come, changed or gone, once they have
// been as they are for a moment, so that one that is being written is left alone. It is looked at again and
// again, which works on every file system and while the directory is not there; where the kernel tells of
// changes (inotify) they are seen at once. Loads nothing. Not thread-safe.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "plugin/file_state.h"

namespace plugin {

class Directory {
public:
    using Clock = std::chrono::steady_clock;
    using milliseconds = std::chrono::milliseconds;

    struct Times {
        milliseconds settled{200};  // a file that has been the same for so long is whole
        milliseconds poll{2000};    // between two looks where nothing is told
    };
    Directory(std::filesystem::path directory, Times times);
    ~Directory();
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;

    const std::filesystem::path& path() const noexcept { return path_; }

    // Readable when there may be something to see; -1 where the kernel does not tell.
    int fd() const noexcept { return inotify_; }
    // When to look at the latest.
    Clock::time_point next_look() const noexcept { return next_look_; }

    struct Change {
        std::filesystem::path file;
        bool gone;  // else it has come, or is another
    };
    // What has changed since the last look, by name, of the files that plugin::list() has. Each is told once; the first
    // look tells all at once.
    std::vector<Change> look(Clock::time_point now = Clock::now());

    // Why it cannot be read, if so: a whole sentence. It is tried again at each look.
    const std::string& problem() const noexcept { return problem_; }

private:
    struct State {
        FileState file, link, directory;  // link: of itself, where the file is one
        bool is_there = false;
        bool operator==(const State&) const = default;
    };
    struct Seen {
        State now, told;
        Clock::time_point since{};
    };
    void watch() noexcept;
    std::map<std::filesystem::path, State> scan();

    const std::filesystem::path path_;
    const Times times_;
    int inotify_, watched_ = -1;
    std::map<std::filesystem::path, Seen> seen_;
    bool looked_ = false;
    Clock::time_point next_look_{};
    std::string problem_;
};

}  // namespace plugin
