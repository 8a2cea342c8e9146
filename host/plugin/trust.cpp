// SPDX-License-Identifier: MIT
#include "plugin/trust.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace plugin {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;  // as the kernel

struct stat look(const fs::path& at, bool follow) {
    struct stat st {};
    if ((follow ? ::stat(at.c_str(), &st) : ::lstat(at.c_str(), &st)) != 0)
        throw std::system_error(errno, std::generic_category());
    return st;
}

bool others_write(const struct stat& st) { return (st.st_mode & S_IWOTH) != 0; }

Untrusted written_by_everybody(const std::string& what, const fs::path& at) {
    return Untrusted(fmt::format("{} can be written by everybody; chmod o-w {}", what, at.string()));
}

// `what` is the words for `at`, with its name in them.
void check(const std::string& what, const fs::path& at, const struct stat& st) {
    if (st.st_uid != 0 && st.st_uid != ::geteuid())
        throw Untrusted(fmt::format("{} belongs to user {}, not to root or to user {} who runs udf-host; chown root {}",
                                    what, st.st_uid, ::geteuid(), at.string()));
    if (others_write(st)) throw written_by_everybody(what, at);
}

void check_passed(const fs::path& at) {
    const struct stat st = look(at, true);
    if (others_write(st) && (st.st_mode & S_ISVTX) == 0)
        throw written_by_everybody(fmt::format("the directory {} on the way to it", at.string()), at);
}

// What is still to go, the next name last.
void put_in_front(std::vector<fs::path>& ahead, const fs::path& path) {
    const std::vector<fs::path> names(path.begin(), path.end());
    ahead.insert(ahead.end(), names.rbegin(), names.rend());
}

}  // namespace

fs::path follow_trusted(const fs::path& named) {
    if (named.empty()) throw std::system_error(ENOENT, std::generic_category());
    std::vector<fs::path> ahead;
    put_in_front(ahead, fs::absolute(named));
    fs::path at = "/";
    for (int links = 0; !ahead.empty();) {
        fs::path name = std::move(ahead.back());
        ahead.pop_back();
        if (name.empty()) name = ".";  // behind a '/' at the end
        if (name.is_absolute()) {
            at = "/";
            continue;
        }
        const fs::path next = at / name;
        const struct stat st = look(next, false);
        if (S_ISLNK(st.st_mode)) {
            check(fmt::format("the directory {} of the link {}", at.string(), next.string()), at, look(at, true));
            if (++links > kMostLinks) throw std::system_error(ELOOP, std::generic_category());
            put_in_front(ahead, fs::read_symlink(next));
            continue;
        }
        if (name == ".") continue;
        if (name == "..") {
            at = at.parent_path();
            continue;
        }
        if (!ahead.empty()) check_passed(at);
        at = next;
    }
    return at;
}

void check_trusted_file(const fs::path& real, const struct stat& st, const fs::path& shown) {
    check(fmt::format("the file {}", shown.string()), shown, st);
    const fs::path directory = real.parent_path();
    check(fmt::format("its directory {}", directory.string()), directory, look(directory, true));
}

fs::path follow_trusted_directory(const fs::path& named) {
    fs::path real = follow_trusted(named.empty() ? named : named / ".");  // what is above it is on the way
    check(fmt::format("the directory {}", real.string()), real, look(real, true));
    return real;
}

}  // namespace plugin
