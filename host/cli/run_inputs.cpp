// SPDX-License-Identifier: MIT
#include "cli/run_inputs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace cli {
namespace {

[[noreturn]] void fail_on_file(const std::string& path, int error) {
    throw std::runtime_error(fmt::format("cannot read {}: {}", path, std::system_category().message(error)));
}

bool is_output(const struct stat& input, const std::string& path) {
    struct stat output {};
    return ::stat(path.c_str(), &output) == 0 && input.st_dev == output.st_dev && input.st_ino == output.st_ino &&
           S_ISREG(input.st_mode);
}

}  // namespace

wire::unique_fd open_input(const std::string& path) {
    if (path == "-") return wire::unique_fd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    wire::unique_fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) fail_on_file(path, errno);
    return fd;
}

void check_inputs(const std::vector<std::string>& files, const std::vector<std::string>& outputs) {
    for (const std::string& path : files) {
        struct stat input {};
        if (path == "-") continue;
        if (::access(path.c_str(), R_OK) != 0 || ::stat(path.c_str(), &input) != 0) fail_on_file(path, errno);
        if (S_ISDIR(input.st_mode)) fail_on_file(path, EISDIR);
        for (const std::string& output : outputs)
            if (is_output(input, output)) throw std::runtime_error(fmt::format("{} is both input and output", path));
    }
}

std::string read_once_only(const std::vector<std::string>& files) {
    for (const std::string& path : files) {
        struct stat input {};
        if (path == "-" || (::stat(path.c_str(), &input) == 0 && !S_ISREG(input.st_mode) && !S_ISDIR(input.st_mode)))
            return path;
    }
    return {};
}

}  // namespace cli
