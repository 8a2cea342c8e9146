// SPDX-License-Identifier: MIT
#include "client/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace client {

OutputFile::OutputFile(const std::string& path)
    : owned_(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666)), fd_(owned_.get()), name_(path) {
    if (fd_ < 0) throw std::system_error(errno, std::system_category(), fmt::format("cannot write {}", path));
}

void OutputFile::drop_old() {
    struct stat file {};
    if (!owned_ || ::fstat(fd_, &file) != 0 || !S_ISREG(file.st_mode)) return;
    if (::ftruncate(fd_, 0) != 0)
        throw std::system_error(errno, std::system_category(), fmt::format("cannot empty {}", name_));
}

void OutputFile::flush() {
    // What could not be written is gone: whoever catches the error must not run into it again.
    std::string text = std::exchange(buffer_, {});
    std::string_view rest = text;
    while (!rest.empty()) {
        const ssize_t n = ::write(fd_, rest.data(), rest.size());
        if (n > 0) {
            rest.remove_prefix(static_cast<size_t>(n));
        } else if (errno == EAGAIN) {  // somebody made the pipe that we share with them non-blocking
            pollfd writable{fd_, POLLOUT, 0};
            ::poll(&writable, 1, -1);
        } else if (errno == EPIPE) {
            throw ReaderGone();
        } else if (errno != EINTR) {
            throw std::system_error(errno, std::system_category(), fmt::format("cannot write {}", name_));
        }
    }
    buffer_ = text.size() > 2 * kFlushSize ? std::string() : std::move(text);
    buffer_.clear();
}

}  // namespace client
