// SPDX-License-Identifier: MIT
//
// What /proc says of other processes. One that is dead and not yet waited for (a zombie) is told apart:
// it no longer runs.
#pragma once

#include <sys/types.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace process_table {

inline std::filesystem::path folder(pid_t pid) { return "/proc/" + std::to_string(pid); }

// Empty where it is gone, also in the middle.
inline std::string text_of(const std::filesystem::path& file) try {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
} catch (const std::system_error&) {  // a process that has ended meanwhile
    return {};
}

// As /proc/PID/stat has it: R, S, T for a stopped one, Z for a zombie. 0 where there is none.
inline char state(pid_t pid) {
    const std::string stat = text_of(folder(pid) / "stat");
    const size_t name_end = stat.rfind(')');
    return name_end == stat.npos || name_end + 2 >= stat.size() ? '\0' : stat[name_end + 2];
}
inline bool is_running(pid_t pid) {
    const char now = state(pid);
    return now != '\0' && now != 'Z' && now != 'X';
}

// All of them, zombies too.
inline std::vector<pid_t> children(pid_t parent) {
    std::vector<pid_t> found;
    std::error_code gone;
    using Threads = std::filesystem::directory_iterator;
    for (Threads thread(folder(parent) / "task", gone); !gone && thread != Threads(); thread.increment(gone)) {
        std::ifstream list(thread->path() / "children");
        for (pid_t child; list >> child;) found.push_back(child);
    }
    return found;
}

// Whose environment holds `setting`, NAME=VALUE, and that run: also those whose parent is gone.
inline std::vector<pid_t> running_with(const std::string& setting) {
    std::vector<pid_t> found;
    std::error_code gone;
    using Processes = std::filesystem::directory_iterator;
    for (Processes process("/proc", gone); !gone && process != Processes(); process.increment(gone)) {
        const std::string name = process->path().filename();
        pid_t pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error != std::errc() || end != name.data() + name.size()) continue;
        const std::string environment = '\0' + text_of(process->path() / "environ");
        if (environment.find('\0' + setting + '\0') != environment.npos && is_running(pid)) found.push_back(pid);
    }
    return found;
}

// How many entries a folder of /proc/PID has: fd, task.
inline size_t entries(pid_t pid, const char* what) {
    using Entries = std::filesystem::directory_iterator;
    return static_cast<size_t>(std::distance(Entries(folder(pid) / what), Entries()));
}

// Zero where there is no such process.
inline size_t resident_kib(pid_t pid) {
    std::ifstream status(folder(pid) / "status");
    std::string word;
    while (status >> word && word != "VmRSS:") {
    }
    size_t kib = 0;
    status >> kib;
    return kib;
}

}  // namespace process_table
