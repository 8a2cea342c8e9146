// SPDX-License-Identifier: MIT
#include "log/journal.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace logging {
namespace {

constexpr const char* kPath = "/run/systemd/journal/socket";
std::atomic<const char*> journal_path = kPath;
std::atomic<int> journal_socket = -1;  // open to the end, for whatever thread

int open_socket() noexcept {
    if (const int fd = journal_socket; fd >= 0) return fd;
    const int made = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int none = -1;
    if (made < 0 || journal_socket.compare_exchange_strong(none, made)) return made;
    ::close(made);  // another thread was faster
    return none;
}

}  // namespace

bool send_to_journal(std::string_view datagram) noexcept {
    const int fd = open_socket();
    if (fd < 0) return false;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, journal_path, sizeof address.sun_path - 1);
    ssize_t sent = 0;
    do
        sent = ::sendto(fd, datagram.data(), datagram.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
                        sizeof address);
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

void set_journal(const char* path) noexcept { journal_path = path == nullptr ? kPath : path; }

}  // namespace logging
