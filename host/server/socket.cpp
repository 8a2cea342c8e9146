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
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "server/descriptor_limit.h"
#include "server/fork_guard.h"

namespace server {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

std::string reason_of(int error) { return std::system_category().message(error); }

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view what) {
    throw std::runtime_error(fmt::format("cannot listen on {}: {}", path.native(), what));
}

[[noreturn]] void fail_errno(const std::filesystem::path& path, std::string_view doing) {
    fail(path, fmt::format("{}: {}", doing, reason_of(errno)));
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
    wire::unique_fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) fail_errno(path, "making a socket");
    return fd;
}

// Removes a socket file that nobody listens on.
void remove_stale(const std::filesystem::path& path, const sockaddr_un& address) {
    struct stat st {};
    if (::lstat(path.c_str(), &st) != 0) return;
    if (!S_ISSOCK(st.st_mode)) fail(path, "the file exists and is not a socket");
    const wire::unique_fd probe = new_socket(path);
    // EAGAIN: somebody listens, but has many connections waiting.
    if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN)
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
    if (::chown(path.c_str(), static_cast<uid_t>(-1), entry.gr_gid) != 0)
        fail_errno(path, fmt::format("giving it to group '{}'", name));
}

wire::unique_fd stop_signal_fd() {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGINT);
    ::sigaddset(&signals, SIGTERM);
    wire::unique_fd fd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd) throw std::system_error(errno, std::system_category(), "watching for signals");
    return fd;
}

// Connections and the threads that serve them. What a thread uses is shared with it, so that one
// that is abandoned does no harm.
class Sessions {
public:
    explicit Sessions(ServeConnection serve) : common_(std::make_shared<Common>(std::move(serve))) {}

    // Readable when a session has ended: call reap.
    int changed() const noexcept { return common_->changed.get(); }
    size_t size() const noexcept { return sessions_.size(); }

    void start(wire::unique_fd socket) {
        const auto session = std::make_shared<Session>(socket.get());
        sessions_.push_back(session);
        try {
            session->thread = std::thread([common = common_, session, fd = std::move(socket)]() mutable {
                const auto now_is = [common, session](State state) {
                    session->state = state;
                    const uint64_t one = 1;
                    (void)!::write(common->changed.get(), &one, sizeof one);
                };
                run(std::move(fd), common->serve, [now_is] { now_is(State::abandoned); });
                session->hang_up();
                now_is(State::done);
            });
        } catch (...) {
            sessions_.pop_back();
            throw;
        }
    }

    void reap() {
        uint64_t count = 0;
        (void)!::read(changed(), &count, sizeof count);
        sessions_.remove_if([this](const std::shared_ptr<Session>& s) {
            switch (s->state) {
                case State::done:
                    s->thread.join();
                    return true;
                case State::abandoned:
                    s->thread.detach();
                    any_abandoned_ = true;
                    return true;
                default:
                    return false;
            }
        });
    }

    // Each connection sees the end of its input, finishes what it has and ends.
    void stop_input() {
        for (const auto& s : sessions_) ::shutdown(s->handle.get(), SHUT_RD);
    }

    // Threads that did not end go on without us, and without their connections.
    void abandon() {
        for (const auto& s : sessions_) {
            s->hang_up();
            s->thread.detach();
        }
        any_abandoned_ |= !sessions_.empty();
        sessions_.clear();
    }
    bool any_abandoned() const noexcept { return any_abandoned_; }

private:
    enum class State : uint8_t { running, abandoned, done };
    struct Session {
        explicit Session(int socket) : handle(::fcntl(socket, F_DUPFD_CLOEXEC, 3)) {
            if (!handle) throw std::system_error(errno, std::system_category(), "duplicating its socket");
        }
        // Not merely closed: a child that a plugin has forked may have the connection, too.
        void hang_up() const noexcept { ::shutdown(handle.get(), SHUT_RDWR); }

        std::thread thread;
        const wire::unique_fd handle;  // reaches the connection while its own thread has the socket
        std::atomic<State> state = State::running;
    };
    struct Common {
        explicit Common(ServeConnection s) : serve(std::move(s)), changed(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
            if (!changed) throw std::system_error(errno, std::system_category(), "making an eventfd");
        }
        const ServeConnection serve;
        const wire::unique_fd changed;
    };

    static void run(wire::unique_fd socket, const ServeConnection& serve, std::function<void()> abandon) noexcept try {
        wire::FdChannel channel(std::move(socket));
        serve(channel, std::move(abandon));
    } catch (const std::exception& e) {
        spdlog::error("a connection failed: {}", e.what());
    }

    std::list<std::shared_ptr<Session>> sessions_;
    std::shared_ptr<Common> common_;
    bool any_abandoned_ = false;
};

// Takes connections. Where one cannot be had, for want of descriptors, memory or threads, it waits
// some time for others to end: the listener stays readable meanwhile. Of such a time the log tells
// the beginning and the end.
class Acceptor {
public:
    Acceptor(int listener, Sessions& sessions) : listener_(listener), sessions_(sessions) {}

    pollfd to_poll() const noexcept { return {Clock::now() < paused_until_ ? -1 : listener_, POLLIN, 0}; }
    milliseconds timeout() const noexcept { return Clock::now() < paused_until_ ? kPause : kLongest; }

    void accept_one() {
        wire::unique_fd socket(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
        if (!socket) {
            if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
            return pause("accepted", reason_of(errno));
        }
        try {
            sessions_.start(std::move(socket));
        } catch (const std::exception& e) {
            return pause("served", e.what());
        }
        if (std::exchange(in_trouble_, false)) spdlog::info("connections are served again");
    }

private:
    static constexpr milliseconds kPause{100};
    static constexpr milliseconds kLongest{1000};  // a descriptor that was closed is only noticed by a new poll

    void pause(std::string_view what, std::string_view reason) {
        if (!std::exchange(in_trouble_, true))
            spdlog::error("a connection could not be {}, with {} open: {}; others wait", what, sessions_.size(),
                          reason);
        paused_until_ = Clock::now() + kPause;
    }

    const int listener_;
    Sessions& sessions_;
    bool in_trouble_ = false;
    Clock::time_point paused_until_{};
};

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
    close_in_children(fd_.get());
    remove_stale(path_, address);
    const mode_t umask_before = ::umask(0777 & ~options.mode);
    const int bound = ::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int bind_error = errno;
    ::umask(umask_before);
    errno = bind_error;
    const std::filesystem::path directory = path_.has_parent_path() ? path_.parent_path() : ".";
    if (bound != 0 && bind_error == ENOENT) fail(path_, fmt::format("there is no directory {}", directory.native()));
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
}

Listener::~Listener() {
    // A successor may have put its own file there.
    struct stat st {};
    if (::lstat(path_.c_str(), &st) == 0 && st.st_dev == device_ && st.st_ino == inode_) ::unlink(path_.c_str());
}

bool serve_socket(const SocketOptions& options, const ServeConnection& serve) {
    raise_descriptor_limit();
    const wire::unique_fd signals = stop_signal_fd();
    Sessions sessions(serve);
    {
        const Listener listener(options);
        spdlog::info("listening on {}", options.path.native());
        Acceptor acceptor(listener.fd(), sessions);
        for (;;) {
            pollfd fds[] = {{signals.get(), POLLIN, 0}, acceptor.to_poll(), {sessions.changed(), POLLIN, 0}};
            if (::poll(fds, 3, static_cast<int>(acceptor.timeout().count())) < 0) continue;
            if (((fds[0].revents | fds[1].revents | fds[2].revents) & POLLNVAL) != 0) {
                sessions.abandon();
                throw std::runtime_error("a plugin has closed descriptors of the host's: it cannot go on");
            }
            signalfd_siginfo signal;
            if (fds[0].revents && ::read(signals.get(), &signal, sizeof signal) > 0) break;
            if (fds[1].revents) acceptor.accept_one();
            if (fds[2].revents) sessions.reap();
        }
    }
    sessions.reap();
    const milliseconds half = options.stop_timeout / 2;
    if (sessions.size() != 0)
        spdlog::info("stopping: open connections ({}) have {} ms, then their input ends; signal again to hurry",
                     sessions.size(), half.count());
    wait_for_sessions(sessions, signals.get(), Clock::now() + half);
    sessions.stop_input();
    wait_for_sessions(sessions, signals.get(), Clock::now() + half);
    if (sessions.size() != 0) spdlog::warn("stopped with connections ({}) still open", sessions.size());
    sessions.abandon();
    return !sessions.any_abandoned();
}

}  // namespace server
