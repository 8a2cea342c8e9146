// SPDX-License-Identifier: MIT
#include "server/socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <list>
#include <stdexcept>
#include <thread>

namespace server {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view what) {
    throw std::runtime_error(fmt::format("cannot listen on {}: {}", path.native(), what));
}

[[noreturn]] void fail_errno(const std::filesystem::path& path, std::string_view doing) {
    fail(path, fmt::format("{}: {}", doing, std::strerror(errno)));
}

sockaddr_un address_of(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string& name = path.native();
    if (name.empty()) fail(path, "the path is empty");
    if (name.size() >= sizeof address.sun_path)
        fail(path, fmt::format("the path has {} bytes, a socket takes {}", name.size(), sizeof address.sun_path - 1));
    std::memcpy(address.sun_path, name.data(), name.size());
    return address;
}

wire::unique_fd new_socket(const std::filesystem::path& path) {
    wire::unique_fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) fail_errno(path, "socket");
    return fd;
}

// Removes a socket file that nobody listens on.
void remove_stale(const std::filesystem::path& path, const sockaddr_un& address) {
    struct stat st {};
    if (::lstat(path.c_str(), &st) != 0) return;
    if (!S_ISSOCK(st.st_mode)) fail(path, "the file exists and is not a socket");
    const wire::unique_fd probe = new_socket(path);
    if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
        fail(path, "another process is listening there; stop it or choose another path");
    if (errno != ECONNREFUSED) fail_errno(path, "the file exists and cannot be tried");
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail_errno(path, "removing the stale file");
}

void set_group(const std::filesystem::path& path, const std::string& name) {
    errno = 0;
    const group* found = ::getgrnam(name.c_str());
    if (!found) fail(path, fmt::format("there is no group '{}'", name));
    if (::chown(path.c_str(), static_cast<uid_t>(-1), found->gr_gid) != 0)
        fail_errno(path, fmt::format("giving it to group '{}'", name));
}

wire::unique_fd stop_signal_fd() {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGINT);
    ::sigaddset(&signals, SIGTERM);
    return wire::unique_fd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

// Connections and the threads that serve them.
class Sessions {
public:
    Sessions() : changed_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

    // Readable when a session has ended: call reap.
    int changed() const noexcept { return changed_.get(); }
    size_t size() const noexcept { return sessions_.size(); }

    void start(wire::unique_fd socket, const ServeConnection& serve) {
        // The duplicate lets stop_input reach the connection while its own thread has the socket.
        wire::unique_fd handle(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 3));
        Session& session = sessions_.emplace_back();
        try {
            session.handle = std::move(handle);
            session.thread = std::thread([this, &session, &serve, fd = std::move(socket)]() mutable {
                run(std::move(fd), serve);
                session.done = true;
                const uint64_t one = 1;
                (void)!::write(changed_.get(), &one, sizeof one);
            });
        } catch (...) {
            sessions_.pop_back();
            throw;
        }
    }

    void reap() {
        uint64_t count;
        (void)!::read(changed_.get(), &count, sizeof count);
        sessions_.remove_if([](Session& s) {
            if (!s.done) return false;
            s.thread.join();
            return true;
        });
    }

    // Each connection sees the end of its input, finishes what it has and ends.
    void stop_input() {
        for (const Session& s : sessions_) ::shutdown(s.handle.get(), SHUT_RD);
    }

    // Threads that did not end go on without us.
    void abandon() {
        for (Session& s : sessions_) s.thread.detach();
    }

private:
    struct Session {
        std::thread thread;
        wire::unique_fd handle;
        std::atomic<bool> done = false;
    };

    static void run(wire::unique_fd socket, const ServeConnection& serve) noexcept try {
        // Shut down, not merely closed: stop_input's duplicate would keep the connection open.
        const int fd = socket.get();
        wire::FdChannel channel(std::move(socket));
        serve(channel);
        ::shutdown(fd, SHUT_RDWR);
    } catch (const std::exception& e) {
        spdlog::error("a connection failed: {}", e.what());
    }

    std::list<Session> sessions_;
    wire::unique_fd changed_;
};

void accept_one(int listener, Sessions& sessions, const ServeConnection& serve) {
    wire::unique_fd socket(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) {
        if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
        spdlog::error("a connection could not be accepted: {}", std::strerror(errno));
        std::this_thread::sleep_for(milliseconds(100));  // out of descriptors: let some connection end first
        return;
    }
    try {
        sessions.start(std::move(socket), serve);
    } catch (const std::exception& e) {
        spdlog::error("a connection could not be served: {}", e.what());
    }
}

// Waits for all sessions to end, at most until `until` or the next stop signal.
void wait_for_sessions(Sessions& sessions, int signals, Clock::time_point until) {
    for (sessions.reap(); sessions.size() != 0; sessions.reap()) {
        const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
        if (left <= 0) return;
        pollfd fds[] = {{sessions.changed(), POLLIN, 0}, {signals, POLLIN, 0}};
        ::poll(fds, 2, static_cast<int>(left));
        signalfd_siginfo signal;
        if (fds[1].revents && ::read(signals, &signal, sizeof signal) > 0) return;
    }
}

}  // namespace

void block_stop_signals() {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGINT);
    ::sigaddset(&signals, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

Listener::Listener(const SocketOptions& options) : path_(options.path), fd_(new_socket(options.path)) {
    const sockaddr_un address = address_of(path_);
    remove_stale(path_, address);
    const mode_t umask_before = ::umask(0777 & ~options.mode);
    const int bound = ::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int bind_error = errno;
    ::umask(umask_before);
    errno = bind_error;
    if (bound != 0) fail_errno(path_, "bind");
    struct stat st {};
    if (::lstat(path_.c_str(), &st) == 0) {
        device_ = st.st_dev;
        inode_ = st.st_ino;
    }
    try {
        if (!options.group.empty()) set_group(path_, options.group);
        if (::listen(fd_.get(), SOMAXCONN) != 0) fail_errno(path_, "listen");
    } catch (...) {
        ::unlink(path_.c_str());
        throw;
    }
    ::fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
}

Listener::~Listener() {
    // A successor may have put its own file there.
    struct stat st {};
    if (::lstat(path_.c_str(), &st) == 0 && st.st_dev == device_ && st.st_ino == inode_) ::unlink(path_.c_str());
}

bool serve_socket(const SocketOptions& options, const ServeConnection& serve) {
    const wire::unique_fd signals = stop_signal_fd();
    Sessions sessions;
    {
        const Listener listener(options);
        spdlog::info("listening on {}", options.path.native());
        for (;;) {
            pollfd fds[] = {{signals.get(), POLLIN, 0}, {listener.fd(), POLLIN, 0}, {sessions.changed(), POLLIN, 0}};
            if (::poll(fds, 3, -1) < 0) continue;
            signalfd_siginfo signal;
            if (fds[0].revents && ::read(signals.get(), &signal, sizeof signal) > 0) break;
            if (fds[1].revents) accept_one(listener.fd(), sessions, serve);
            if (fds[2].revents) sessions.reap();
        }
    }
    sessions.reap();
    const milliseconds half = options.stop_timeout / 2;
    if (sessions.size() != 0)
        spdlog::info("stopping: waiting up to {} ms for {} connections to end; signal again to hurry", half.count(),
                     sessions.size());
    wait_for_sessions(sessions, signals.get(), Clock::now() + half);
    sessions.stop_input();
    wait_for_sessions(sessions, signals.get(), Clock::now() + half);
    if (sessions.size() == 0) return true;
    spdlog::warn("stopping although {} connections have not ended", sessions.size());
    sessions.abandon();
    return false;
}

}  // namespace server
