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
#include "plugin/trust.h"

namespace plugin {
namespace {

namespace fs = std::filesystem;

constexpr off_t kMaxFileSize = off_t{1} << 30;  // it is read into memory to be checked

std::string reason_of(int error) { return std::generic_category().message(error); }

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

// All of the file, which has to be one that this process may trust. Links have been followed to `real`.
std::string trusted_bytes(const fs::path& file, const fs::path& real, const fs::path& shown) {
    const File opened(real);
    struct stat st {};
    if (opened.get() < 0 || ::fstat(opened.get(), &st) != 0)
        throw Refused(file, fmt::format("cannot read it: {}", reason_of(errno)));
    if (S_ISDIR(st.st_mode)) throw Refused(file, "is a directory; give the file");
    if (!S_ISREG(st.st_mode)) throw Refused(file, "is not a regular file");
    check_trusted_file(real, st, shown);

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

// Why the path leads to nothing that could be looked at.
std::string unreachable(const fs::path& file, const std::error_code& why) {
    if (why != std::errc::no_such_file_or_directory) return fmt::format("cannot read it: {}", why.message());
    std::error_code ignored;
    if (const std::string whole = file.string() + ".so"; fs::exists(whole, ignored))
        return fmt::format("there is no such file; did you mean {}?", whole);
    return "there is no such file" +
           (file.is_relative() ? fmt::format(" in {}", fs::current_path(ignored).string()) : "");
}

}  // namespace

Plugin load(const fs::path& file, const fs::path& kept) {
    fs::path real = kept;
    try {
        if (kept.empty()) real = follow_trusted(file);
        if (const std::string problem = elf_problem(trusted_bytes(file, real, kept.empty() ? real : file));
            !problem.empty())
            throw Refused(file, problem);
    } catch (const Untrusted& e) {
        throw Refused(file, e.what());
    } catch (const std::system_error& e) {
        throw Refused(file, unreachable(file, e.code()));
    }
    const boost::dll::shared_library library = open(file, real);
    return check_table(file, library.get<const udf_plugin*()>(UDF_PLUGIN_ENTRY)());
}

}  // namespace plugin
