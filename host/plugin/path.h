// SPDX-License-Identifier: MIT
//
// Where plugins are found: the directories that a bare name is looked up in.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace plugin {

using SearchPath = std::vector<std::filesystem::path>;

// The directory given (if not empty), else $UDF_HOST_PLUGINS (separated by ':'), else the plugins
// directory of this installation, which is found from the place of the executable; in a build tree
// it is the one beside that of the executable.
//
// The environment has no say where it may come from somebody with fewer rights than this process: one that
// runs setuid, setgid or with capabilities of its file, and one that systemd started as a service, which
// is configured where the service is ($SYSTEMD_EXEC_PID is this process). What a service starts, as
// Kapacitor does, hears it.
SearchPath search_path(const std::filesystem::path& given);

// For a server of a whole directory: the one given (if not empty), else that of this installation. Never the
// environment.
SearchPath server_search_path(const std::filesystem::path& given);

// The file that `name_or_path` means. With a '/' in it or the ending .so it is a path, which need
// not exist; otherwise NAME.so is looked up in each directory in turn. Throws std::runtime_error,
// saying where it was looked for, with a near name where there is one.
std::filesystem::path find(std::string_view name_or_path, const SearchPath& path);

// The directories, for a message; says of one that does not exist that it does not.
std::string describe(const SearchPath& path);

// Every *.so of the path that is not hidden, by name; an earlier directory hides the same name in a
// later one. A directory that is not there is passed over. Throws std::runtime_error where one
// cannot be read.
std::vector<std::filesystem::path> list(const SearchPath& path);

}  // namespace plugin
