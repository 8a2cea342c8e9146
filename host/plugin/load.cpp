// SPDX-License-Identifier: MIT
#include "plugin/load.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/dll/shared_library.hpp>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "plugin/elf.h"

namespace plugin {
namespace {

namespace fs = std::filesystem;

constexpr off_t kMaxFileSize = off_t{1} << 30;  // it is read into memory to be checked

std::string reason_of(int error) { return std::generic_category().message(error); }

// Whoever may write a plugin, or put another in its place, runs code as this user. A sticky
// directory is no better: anybody may still add to it.
void check_trust(const fs::path& file, const struct stat& st, const char* what, const fs::path& at) {
    if (st.st_uid != 0 && st.st_uid != ::geteuid())
        throw Refused(
            file, fmt::format("{} {} belongs to user {}, not to root or to user {} who runs udf-host; chown it", what,
                              at.string(), st.st_uid, ::geteuid()));
    if ((st.st_mode & S_IWOTH) != 0)
        throw Refused(file,
                      fmt::format("{} {} can be written by everybody; chmod o-w {}", what, at.string(), at.string()));
}

class File {
public:
    // O_NONBLOCK: a pipe in the plugin's place must not hang the host.
    explicit File(const fs::path& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int get() const { return fd_; }

private:
    int fd_;
};

// All of the file, which has to be one that this process may trust. Links have been followed.
std::string trusted_bytes(const fs::path& file, const fs::path& real) {
    const File opened(real);
    struct stat st {};
    if (opened.get() < 0 || ::fstat(opened.get(), &st) != 0)
        throw Refused(file, fmt::format("cannot read it: {}", reason_of(errno)));
    if (S_ISDIR(st.st_mode)) throw Refused(file, "is a directory; give the file");
    if (!S_ISREG(st.st_mode)) throw Refused(file, "is not a regular file");
    check_trust(file, st, "the file", real);

    struct stat directory {};
    if (::stat(real.parent_path().c_str(), &directory) != 0)
        throw Refused(file, fmt::format("cannot look at its directory: {}", reason_of(errno)));
    check_trust(file, directory, "its directory", real.parent_path());

    if (st.st_size > kMaxFileSize) throw Refused(file, fmt::format("has {} bytes, more than 1 GiB", st.st_size));
    std::string bytes(static_cast<size_t>(st.st_size), '\0');
    size_t have = 0;
    while (have < bytes.size()) {
        const ssize_t n = ::read(opened.get(), bytes.data() + have, bytes.size() - have);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw Refused(file, fmt::format("cannot read it: {}", reason_of(errno)));
        if (n == 0) break;
        have += static_cast<size_t>(n);
    }
    bytes.resize(have);
    return bytes;
}

// What to do about a message of dlopen, where that is known.
std::string_view hint(std::string_view message) {
    const auto has = [&](std::string_view part) { return message.find(part) != message.npos; };
    if (has("version `GLIBC_"))
        return "; it was built for a newer system: build it on the oldest one that it shall run on";
    if (has("version `GLIBCXX_") || has("version `CXXABI_"))
        return "; it was built with a newer compiler: build it on the oldest system that it shall run on, or link it "
               "with "
               "-static-libstdc++";
    if (has("undefined symbol")) return "; link it with -Wl,-z,defs to see what is missing when it is built";
    if (has("cannot open shared object file")) return "; install the library that it needs";
    return "";
}

// RTLD_NODELETE: the plugin stays when the handle goes. Threads and thread-local destructors of its
// own may run until the process ends, and what its tables point to is used as long.
boost::dll::shared_library open(const fs::path& file, const fs::path& real) {
    using namespace boost::dll;
    boost::dll::fs::error_code error;
    shared_library library(
        real, load_mode::rtld_now | load_mode::rtld_local | static_cast<load_mode::type>(RTLD_NODELETE), error);
    if (!library.is_loaded()) {
        const char* text = ::dlerror();
        const std::string message = text != nullptr ? text : error.message();
        throw Refused(file, fmt::format("cannot be loaded: {}{}", message, hint(message)));
    }
    return library;
}

}  // namespace

Plugin load(const fs::path& file, const fs::path& kept) {
    std::error_code error;
    const fs::path real = kept.empty() ? fs::canonical(file, error) : kept;
    if (error == std::errc::no_such_file_or_directory) {
        const std::string whole = file.string() + ".so";
        std::string reason = "there is no such file";
        if (fs::exists(whole, error))
            reason += fmt::format("; did you mean {}?", whole);
        else if (file.is_relative())
            reason += fmt::format(" in {}", fs::current_path(error).string());
        throw Refused(file, reason);
    }
    if (error) throw Refused(file, fmt::format("cannot read it: {}", error.message()));

    if (const std::string problem = elf_problem(trusted_bytes(file, real)); !problem.empty())
        throw Refused(file, problem);
    const boost::dll::shared_library library = open(file, real);
    return check_table(file, library.get<const udf_plugin*()>(UDF_PLUGIN_ENTRY)());
}

}  // namespace plugin
