// SPDX-License-Identifier: MIT
#include "client/whole_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "client/output_file.h"
#include "wire/unique_fd.h"

namespace client {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& path, int error) {
    throw std::system_error(error, std::system_category(), fmt::format("cannot write {}", path));
}

fs::path resolved(const std::string& path) {
    std::error_code unknown;
    const fs::path target = fs::weakly_canonical(path, unknown);
    return unknown ? fs::path(path) : target;
}

}  // namespace

void check_can_write_whole(const std::string& path) {
    const fs::path target = resolved(path);
    std::error_code unknown;
    if (fs::is_directory(target, unknown)) fail(path, EISDIR);
    const fs::path directory = target.has_parent_path() ? target.parent_path() : ".";
    if (::access(directory.c_str(), W_OK | X_OK) != 0) fail(path, errno);
}

void write_whole(const std::string& path, std::string_view text) {
    const fs::path target = resolved(path);
    const std::string temporary = fmt::format("{}.{}.tmp", target.string(), ::getpid());
    const wire::unique_fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (!fd) fail(path, errno);
    try {
        OutputFile out(fd.get(), path);
        out.buffer() = text;
        out.flush();
        if (::rename(temporary.c_str(), target.c_str()) != 0) fail(path, errno);
    } catch (...) {
        ::unlink(temporary.c_str());
        throw;
    }
}

}  // namespace client
