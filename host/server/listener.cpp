// SPDX-License-Identifier: MIT
#include "server/listener.h"

#include <fmt/format.h>
#include <grp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "server/fork_guard.h"
#include "server/service_manager.h"

namespace server {
namespace {

std::string reason_of(int error) { return std::system_category().message(error); }

[[noreturn]] void fail(const std::string& name, std::string_view what) {
    throw std::runtime_error(fmt::format("cannot listen on {}: {}", name, what));
}

[[noreturn]] void fail_errno(const std::string& name, std::string_view doing) {
    fail(name, fmt::format("{}: {}", doing, reason_of(errno)));
}

std::vector<wire::SocketAddress> addresses_of(const wire::Endpoint& endpoint, const std::string& name) {
    try {
        return wire::addresses_of(endpoint);
    } catch (const std::runtime_error& e) {
        fail(name, e.what());
    }
}

wire::unique_fd new_socket(int family) {
    return wire::unique_fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

// Removes a socket file that nobody listens on.
void remove_stale(const std::filesystem::path& path, const wire::SocketAddress& address) {
    struct stat st {};
    if (::lstat(path.c_str(), &st) != 0) return;
    if (!S_ISSOCK(st.st_mode)) fail(path, "the file exists and is not a socket");
    const wire::unique_fd probe = new_socket(AF_UNIX);
    if (!probe) fail_errno(path, "making a socket");
    // EAGAIN: somebody listens, but has many connections waiting.
    if (::connect(probe.get(), address.get(), address.size) == 0 || errno == EAGAIN)
        fail(path, "another process is listening there; stop it or choose another path");
    if (errno != ECONNREFUSED) fail_errno(path, "the file exists and cannot be tried");
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail_errno(path, "removing the stale file");
}

void set_group(const std::filesystem::path& path, const std::string& name) {
    group entry{};
    group* found = nullptr;
    std::vector<char> members(1024);
    int error = 0;
    while ((error = ::getgrnam_r(name.c_str(), &entry, members.data(), members.size(), &found)) == ERANGE)
        members.resize(2 * members.size());
    if (!found) fail(path, fmt::format("there is no group '{}'{}", name, error ? ": " + reason_of(error) : ""));
    struct stat st {};  // what is as it should be asks for no right to change it
    if (::lstat(path.c_str(), &st) == 0 && st.st_gid == entry.gr_gid) return;
    if (::chown(path.c_str(), static_cast<uid_t>(-1), entry.gr_gid) != 0)
        fail_errno(path, fmt::format("giving it to group '{}'", name));
}

uint16_t port_of(int socket) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return 0;
    return ntohs(storage.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(storage).sin6_port
                                               : reinterpret_cast<const sockaddr_in&>(storage).sin_port);
}

}  // namespace

Listener::Listener(wire::Endpoint endpoint, mode_t mode, const std::string& group) : endpoint_(std::move(endpoint)) {
    fd_ = activated_socket(endpoint_);
    ours_ = !fd_;
    if (!ours_) {
        close_in_children(fd_.get());
        if (endpoint_.is_tcp()) wire::set_tcp_options(fd_.get());
        know_file();
    } else if (endpoint_.is_tcp()) {
        open_port();
    } else {
        open_file(mode, group);
    }
}

std::string Listener::name() const { return endpoint_.is_tcp() ? to_string(endpoint_) : endpoint_.path.native(); }

void Listener::know_file() noexcept {
    struct stat st {};
    if (endpoint_.is_tcp() || ::lstat(endpoint_.path.c_str(), &st) != 0) return;
    device_ = st.st_dev;
    inode_ = st.st_ino;
}

void Listener::open_file(mode_t mode, const std::string& group) {
    const std::filesystem::path& path = endpoint_.path;
    const wire::SocketAddress address = addresses_of(endpoint_, name()).front();
    fd_ = new_socket(AF_UNIX);
    if (!fd_) fail_errno(path, "making a socket");
    close_in_children(fd_.get());
    remove_stale(path, address);
    const mode_t umask_before = ::umask(0777 & ~mode);
    const int bound = ::bind(fd_.get(), address.get(), address.size);
    const int bind_error = errno;
    ::umask(umask_before);
    errno = bind_error;
    const std::filesystem::path directory = path.has_parent_path() ? path.parent_path() : ".";
    if (bound != 0 && bind_error == ENOENT) fail(path, fmt::format("there is no directory {}", directory.native()));
    if (bound != 0) fail_errno(path, "bind");
    know_file();
    try {
        if (!group.empty()) set_group(path, group);
        if (::listen(fd_.get(), SOMAXCONN) != 0) fail_errno(path, "listen");
    } catch (...) {
        ::unlink(path.c_str());
        throw;
    }
}

void Listener::open_port() {
    int error = 0;
    for (const wire::SocketAddress& address : addresses_of(endpoint_, name())) {
        fd_ = new_socket(address.storage.ss_family);
        if (fd_) {
            close_in_children(fd_.get());
            const int yes = 1;  // a port that connections of a predecessor are still leaving is free
            ::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
            wire::set_tcp_options(fd_.get());
            if (::bind(fd_.get(), address.get(), address.size) == 0 && ::listen(fd_.get(), SOMAXCONN) == 0) {
                endpoint_.port = port_of(fd_.get());
                return;
            }
        }
        error = errno;
        // One that is taken is not passed over: whoever connects would get to somebody else.
        if (error != EADDRNOTAVAIL && error != EAFNOSUPPORT) break;
    }
    if (error == EADDRINUSE) fail(name(), "another process is listening there; stop it or choose another port");
    if (error == EADDRNOTAVAIL) fail(name(), "this machine has no such address; 127.0.0.1 is loopback");
    fail(name(), reason_of(error));
}

bool Listener::is_there() const noexcept {
    if (endpoint_.is_tcp()) return true;
    struct stat st {};
    return ::lstat(endpoint_.path.c_str(), &st) == 0 && st.st_dev == device_ && st.st_ino == inode_;
}

Listener::~Listener() {
    // A successor may have put its own file there.
    if (ours_ && !endpoint_.is_tcp() && is_there()) ::unlink(endpoint_.path.c_str());
}

}  // namespace server
