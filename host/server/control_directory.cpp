// SPDX-License-Identifier: MIT
#include "server/control_directory.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace server {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOfPackage = "/run/udf-host/control";
constexpr size_t kMostDirectories = 1000;

std::string from_environment(const char* name) {
    const char* const value = ::secure_getenv(name);
    return value != nullptr && *value == '/' ? value : "";
}

fs::path of_user_in_tmp() { return fmt::format("/tmp/udf-host-{}", ::geteuid()); }

// What keeps us from trusting it; empty where it is ours or root's, and nobody else can write there.
std::string distrust(const fs::path& directory, mode_t others) {
    struct stat st {};
    if (::lstat(directory.c_str(), &st) != 0) return std::system_category().message(errno);
    if (!S_ISDIR(st.st_mode)) return "it is no directory";
    if (st.st_uid != ::geteuid() && st.st_uid != 0) return "it belongs to somebody else";
    if ((st.st_mode & others) != 0) return "others may write there";
    if (::access(directory.c_str(), W_OK | X_OK) != 0) return std::system_category().message(errno);
    return {};
}

// Made where it is not there, for us alone.
std::string problem_with_own(const fs::path& directory, mode_t others) {
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return std::system_category().message(errno);
    return distrust(directory, others);
}

void add_matching(std::vector<fs::path>& to, const fs::path& parent, std::string_view prefix, const char* below) {
    std::error_code error;
    for (fs::directory_iterator entry(parent, error), end; !error && entry != end; entry.increment(error)) {
        if (!entry->path().filename().native().starts_with(prefix)) continue;
        if (to.size() >= kMostDirectories) return;
        to.push_back(*below != '\0' ? entry->path() / below : entry->path());
    }
}

}  // namespace

ControlDirectory control_directory_for_us() {
    if (const std::string given = from_environment("UDF_HOST_CONTROL_DIR"); !given.empty()) {
        std::string problem = problem_with_own(given, S_IWOTH);
        if (problem.empty()) return {given, {}};
        return {{}, fmt::format("{}: {}", given, problem)};
    }
    // Root has made /run so that this path is his word.
    struct stat st {};
    if (::lstat(kOfPackage, &st) == 0 && S_ISDIR(st.st_mode) && ::access(kOfPackage, W_OK | X_OK) == 0)
        return {kOfPackage, {}};
    std::string problems;
    const std::string runtime = from_environment("XDG_RUNTIME_DIR");
    for (const fs::path& own : {runtime.empty() ? fs::path() : fs::path(runtime) / "udf-host", of_user_in_tmp()}) {
        if (own.empty()) continue;
        const std::string problem = problem_with_own(own, S_IWOTH | S_IWGRP);
        if (problem.empty()) return {own, {}};
        problems += fmt::format("{}{}: {}", problems.empty() ? "" : "; ", own.native(), problem);
    }
    return {{}, problems};
}

std::vector<fs::path> control_directories() {
    if (const std::string given = from_environment("UDF_HOST_CONTROL_DIR"); !given.empty()) return {given};
    std::vector<fs::path> directories{kOfPackage};
    if (const std::string runtime = from_environment("XDG_RUNTIME_DIR"); !runtime.empty())
        directories.push_back(fs::path(runtime) / "udf-host");
    directories.push_back(of_user_in_tmp());
    if (::geteuid() == 0) {
        add_matching(directories, "/run/user", "", "udf-host");
        add_matching(directories, "/tmp", "udf-host-", "");
    }
    std::sort(directories.begin(), directories.end());
    directories.erase(std::unique(directories.begin(), directories.end()), directories.end());
    // A symbolic link of somebody's would have us look elsewhere.
    std::erase_if(directories, [](const fs::path& directory) {
        struct stat st {};
        return ::lstat(directory.c_str(), &st) != 0 || !S_ISDIR(st.st_mode);
    });
    return directories;
}

std::optional<int> process_of_socket(const std::string& name) {
    if (!name.ends_with(".sock")) return {};
    const char *at = name.data(), *const end = at + name.size() - std::string_view(".sock").size();
    int process = 0, again = 0;
    auto read = std::from_chars(at, end, process);
    if (read.ec != std::errc() || process <= 0) return {};
    if (read.ptr != end && *read.ptr == '-') read = std::from_chars(read.ptr + 1, end, again);
    return read.ec == std::errc() && read.ptr == end ? std::optional(process) : std::nullopt;
}

}  // namespace server
