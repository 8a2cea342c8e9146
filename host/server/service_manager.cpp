// SPDX-License-Identifier: MIT
#include "server/service_manager.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "server/fork_guard.h"

namespace server {
namespace {

using std::chrono::milliseconds;

struct Activated {
    wire::SocketAddress address;
    wire::unique_fd fd;
    bool used = false;
};

struct Told {
    wire::SocketAddress notify;  // size 0 = nobody listens
    std::optional<milliseconds> watchdog;
    std::vector<Activated> sockets;
};
Told& told() {
    static Told what;
    return what;
}

constexpr int kFirstSocket = 3;  // sd_listen_fds(3)

std::string taken(const char* variable) {
    const char* const value = std::getenv(variable);
    std::string text = value == nullptr ? "" : value;
    ::unsetenv(variable);
    return text;
}

std::optional<uint64_t> number(const std::string& text) {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(value)
                                                                                     : std::nullopt;
}

wire::SocketAddress notify_address(const std::string& path) {
    wire::SocketAddress address;
    auto& of_unix = reinterpret_cast<sockaddr_un&>(address.storage);
    if (path.empty() || path.size() >= sizeof of_unix.sun_path || (path[0] != '/' && path[0] != '@')) return address;
    of_unix.sun_family = AF_UNIX;
    std::memcpy(of_unix.sun_path, path.data(), path.size());
    if (path[0] == '@') of_unix.sun_path[0] = '\0';  // of no file
    address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    return address;
}

// Whether streams are listened for there.
bool listens(int fd) {
    int type = 0, listening = 0;
    socklen_t size = sizeof type;
    if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) return false;
    size = sizeof listening;
    return ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

std::string path_of(const wire::SocketAddress& address) {
    if (address.storage.ss_family != AF_UNIX) return {};
    return reinterpret_cast<const sockaddr_un&>(address.storage).sun_path;
}

void take_sockets(uint64_t count) {
    for (int fd = kFirstSocket; fd < kFirstSocket + static_cast<int>(std::min<uint64_t>(count, 1024)); ++fd) {
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
        Activated socket;
        socket.address.size = sizeof socket.address.storage;
        if (!listens(fd) ||
            ::getsockname(fd, reinterpret_cast<sockaddr*>(&socket.address.storage), &socket.address.size) != 0)
            continue;
        ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
        close_in_children(fd);
        socket.fd.reset(fd);
        told().sockets.push_back(std::move(socket));
    }
}

bool is_same(const wire::SocketAddress& one, const wire::SocketAddress& other) {
    if (one.storage.ss_family != other.storage.ss_family) return false;
    if (one.storage.ss_family == AF_UNIX) return path_of(one) == path_of(other);
    return one.size == other.size && std::memcmp(&one.storage, &other.storage, one.size) == 0;
}

}  // namespace

void take_service_environment() {
    const auto ours = [pid = static_cast<uint64_t>(::getpid())](const std::string& of) {
        return of.empty() || number(of) == pid;
    };
    told().notify = notify_address(taken("NOTIFY_SOCKET"));
    const std::string watchdog_pid = taken("WATCHDOG_PID"), sockets_pid = taken("LISTEN_PID");
    const auto watchdog = number(taken("WATCHDOG_USEC"));
    const auto sockets = number(taken("LISTEN_FDS"));
    taken("LISTEN_FDNAMES");
    if (watchdog && *watchdog != 0 && ours(watchdog_pid))
        told().watchdog = std::max(milliseconds(*watchdog / 2000), milliseconds(1));
    if (sockets && !sockets_pid.empty() && ours(sockets_pid)) take_sockets(*sockets);
}

void notify_service_manager(std::string_view state) noexcept {
    const wire::SocketAddress& to = told().notify;
    if (to.size == 0) return;
    const wire::unique_fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL, to.get(), to.size);
}

std::optional<milliseconds> watchdog_interval() noexcept { return told().watchdog; }

wire::unique_fd activated_socket(const wire::Endpoint& endpoint) {
    if (told().sockets.empty()) return {};
    for (const wire::SocketAddress& address : wire::addresses_of(endpoint))
        for (Activated& socket : told().sockets) {
            if (!is_same(socket.address, address)) continue;
            struct stat st {};
            if (!endpoint.is_tcp() && (::lstat(endpoint.path.c_str(), &st) != 0 || !S_ISSOCK(st.st_mode))) continue;
            socket.used = true;
            return wire::unique_fd(::fcntl(socket.fd.get(), F_DUPFD_CLOEXEC, kFirstSocket));
        }
    return {};
}

std::vector<std::string> unused_activated_sockets() {
    std::vector<std::string> unused;
    for (const Activated& socket : told().sockets)
        if (const std::string path = path_of(socket.address); !socket.used)
            unused.push_back(path.empty() ? "a TCP port" : path);
    return unused;
}

}  // namespace server
