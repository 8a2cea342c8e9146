// SPDX-License-Identifier: MIT
#include "plugin/path.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <system_error>

#include "text/near_name.h"

namespace plugin {
namespace {

namespace fs = std::filesystem;

fs::path installed_directory() {
    std::error_code error;
    const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
    const fs::path installed = (here / UDF_HOST_PLUGINS_FROM_BIN).lexically_normal();
    const fs::path built = here.parent_path() / "plugins";
    return !fs::is_directory(installed, error) && fs::is_directory(built, error) ? built : installed;
}

std::string_view said_by_environment() {
    const char* service = std::getenv("SYSTEMD_EXEC_PID");
    if (service != nullptr && service == std::to_string(::getpid())) return {};
    const char* said = ::secure_getenv("UDF_HOST_PLUGINS");
    return said != nullptr ? said : "";
}

SearchPath split(std::string_view directories) {
    SearchPath result;
    while (!directories.empty()) {
        const size_t end = std::min(directories.find(':'), directories.size());
        if (end > 0) result.emplace_back(directories.substr(0, end));
        directories.remove_prefix(std::min(end + 1, directories.size()));
    }
    return result;
}

}  // namespace

SearchPath search_path(const fs::path& given) {
    if (!given.empty()) return {given};
    if (SearchPath path = split(said_by_environment()); !path.empty()) return path;
    return {installed_directory()};
}

SearchPath server_search_path(const fs::path& given) { return {given.empty() ? installed_directory() : given}; }

fs::path find(std::string_view name_or_path, const SearchPath& path) {
    if (name_or_path.empty()) throw std::runtime_error("the name of the plugin is empty");
    if (name_or_path.find('/') != name_or_path.npos || name_or_path.ends_with(".so")) return name_or_path;

    for (const fs::path& directory : path) {
        std::error_code error;
        if (fs::path file = directory / fmt::format("{}.so", name_or_path); fs::exists(file, error)) return file;
    }
    std::vector<std::string> stems;
    for (const fs::path& file : list(path)) stems.push_back(file.stem().string());
    const std::string here = fmt::format("./{}.so", name_or_path);
    std::error_code error;
    throw std::runtime_error(fmt::format("no plugin '{}' in {}{}", name_or_path, describe(path),
                                         fs::exists(here, error)
                                             ? fmt::format("; for the one in this directory say {}", here)
                                             : text::did_you_mean(name_or_path, {stems.begin(), stems.end()})));
}

std::string describe(const SearchPath& path) {
    std::vector<std::string> directories;
    for (const fs::path& directory : path) {
        std::error_code error;
        directories.push_back(directory.string() + (fs::exists(directory, error) ? "" : " (which does not exist)"));
    }
    return fmt::format("{}", fmt::join(directories, ", "));
}

std::vector<fs::path> list(const SearchPath& path) {
    std::map<std::string, fs::path> by_name;
    for (const fs::path& directory : path) {
        std::error_code error;
        fs::directory_iterator entry(directory, error);
        for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
            const fs::path name = entry->path().filename();
            std::error_code unknown;  // of a dangling link, say: it is listed, and loading it says why
            if (name.extension() != ".so" || name.string().starts_with('.') || entry->is_directory(unknown)) continue;
            by_name.emplace(name.string(), entry->path());
        }
        if (error && error != std::errc::no_such_file_or_directory)
            throw std::runtime_error(
                fmt::format("cannot read plugins from {}: {}", directory.string(), error.message()));
    }
    std::vector<fs::path> result;
    for (auto& [name, file] : by_name) result.push_back(std::move(file));
    return result;
}

}  // namespace plugin
