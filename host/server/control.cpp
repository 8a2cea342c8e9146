// SPDX-License-Identifier: MIT
#include "server/control.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "log/log.h"
#include "server/control_client.h"
#include "server/control_directory.h"
#include "server/fork_guard.h"

namespace server {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kPatience{1000};  // with who asks, in all
constexpr milliseconds kLook{1000};      // whether we end, where the bell is not heard
constexpr milliseconds kPause{100};      // where a connection cannot be had
constexpr size_t kStack = 256u << 10;    // bytes
constexpr int kMostNames = 64;

// What a signal handler removes. The path is written before `process` says that it is there.
std::array<char, sizeof(sockaddr_un::sun_path)> path_to_remove;
std::atomic<pid_t> process_to_remove = 0;

extern "C" void remove_and_end(int signal) {
    remove_control_socket();
    ::signal(signal, SIG_DFL);
    ::raise(signal);  // once the handler has returned, for it is blocked in it
}

void remove_at_signals() {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
        struct sigaction action {};
        if (::sigaction(signal, nullptr, &action) != 0 || (action.sa_flags & SA_SIGINFO) != 0 ||
            action.sa_handler != SIG_DFL)
            continue;
        action = {};
        action.sa_handler = remove_and_end;
        action.sa_flags = SA_ONSTACK;
        ::sigaction(signal, &action, nullptr);
    }
}

[[noreturn]] void fail(const char* doing) { throw std::system_error(errno, std::system_category(), doing); }

sockaddr_un address_of(const fs::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.native().size() >= sizeof address.sun_path) throw std::runtime_error("its path is too long for a socket");
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
}

// How long to wait for who asks: until then, and not when we end.
struct Patience {
    Clock::time_point until;
    int ending;

    bool wait_for(int fd, short events) const {
        const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
        std::array<pollfd, 2> polled{{{fd, events, 0}, {ending, POLLIN, 0}}};
        return left.count() > 0 && ::poll(polled.data(), polled.size(), static_cast<int>(left.count())) > 0 &&
               polled[1].revents == 0;
    }
};

// A line, without its end; nothing where none comes, or one that is too long.
std::string read_line(int socket, const Patience& patience) {
    std::string line;
    std::array<char, Control::kLongestRequest + 1> bytes;
    while (line.size() <= Control::kLongestRequest && patience.wait_for(socket, POLLIN)) {
        const ssize_t n = ::recv(socket, bytes.data(), bytes.size() - line.size(), 0);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) break;
        if (n < 0) continue;
        line.append(bytes.data(), static_cast<size_t>(n));
        if (const size_t end = line.find('\n'); end != line.npos) return line.substr(0, end);
    }
    return {};
}

void write_all(int socket, std::string_view bytes, const Patience& patience) {
    while (!bytes.empty() && patience.wait_for(socket, POLLOUT)) {
        const ssize_t n = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n > 0) bytes.remove_prefix(static_cast<size_t>(n));
        if (n < 0 && errno != EAGAIN && errno != EINTR) return;
    }
}

}  // namespace

void remove_control_socket() noexcept {
    pid_t us = ::getpid();  // a forked child has the path too, but not the socket
    if (process_to_remove.compare_exchange_strong(us, 0)) ::unlink(path_to_remove.data());
}

Control::Control(Answer answer) : answer_(std::move(answer)) {
    try {
        listen();
    } catch (const std::exception& e) {
        logging::debug("there is no control socket", {{"cause", e.what()}});
        return;
    }
    sigset_t all, before;
    ::sigfillset(&all);
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    ::pthread_attr_setstacksize(&attributes, kStack);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const auto run = [](void* self) -> void* {
        static_cast<Control*>(self)->serve();
        return nullptr;
    };
    serving_ = ::pthread_create(&thread_, &attributes, run, this) == 0;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::pthread_attr_destroy(&attributes);
    if (!serving_) {
        remove_control_socket();
        path_.clear();
    }
}

Control::~Control() {
    remove_control_socket();
    if (!serving_) return;
    ends_ = true;
    ending_->raise();
    ::pthread_join(thread_, nullptr);
}

// Nobody may take it for dead while it is being made: it gets its name once it listens.
void Control::listen() {
    const ControlDirectory directory = control_directory_for_us();
    if (!directory.path) throw std::runtime_error(directory.problem);
    ending_.emplace();
    listening_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!listening_) fail("making a socket");
    close_in_children(listening_.get());
    const fs::path unnamed = *directory.path / fmt::format(".{}", ::getpid());
    const sockaddr_un address = address_of(unnamed);
    ::unlink(unnamed.c_str());  // of a dead process of the same number
    if (::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        fail("binding a socket");
    const bool listens = ::chmod(unnamed.c_str(), 0660) == 0 && ::listen(listening_.get(), 8) == 0;
    fs::path path;
    for (int i = 1; listens && path.empty() && i <= kMostNames; ++i) {
        const fs::path name =
            *directory.path / (i == 1 ? fmt::format("{}.sock", ::getpid()) : fmt::format("{}-{}.sock", ::getpid(), i));
        address_of(name);
        remove_if_dead(name);
        if (::link(unnamed.c_str(), name.c_str()) == 0)
            path = name;
        else if (errno != EEXIST)
            break;
    }
    const int error = errno;
    ::unlink(unnamed.c_str());
    if (path.empty()) throw std::system_error(error, std::system_category(), "naming a socket");
    path_ = path;
    path.native().copy(path_to_remove.data(), path_to_remove.size() - 1);
    path_to_remove[path.native().size()] = '\0';
    process_to_remove = ::getpid();
    remove_at_signals();
}

void Control::serve() {
    remove_dead_sockets(path_.parent_path());
    while (!ends_) {
        std::array<pollfd, 2> fds{{{ending_->fd(), POLLIN, 0}, {listening_.get(), POLLIN, 0}}};
        // What a plugin closes meanwhile wakes nobody.
        if (::poll(fds.data(), fds.size(), static_cast<int>(kLook.count())) <= 0) continue;
        if (fds[0].revents != 0 || (fds[1].revents & POLLNVAL) != 0) return;
        const wire::unique_fd socket(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (socket)
            serve_one(socket.get());
        else
            ::poll(fds.data(), 1, static_cast<int>(kPause.count()));
    }
}

void Control::serve_one(int socket) const try {
    const Patience patience{Clock::now() + kPatience, ending_->fd()};
    const std::string request = read_line(socket, patience);
    if (request.empty()) return;
    write_all(socket, answer_(request) + '\n', patience);
} catch (const std::exception&) {  // for want of memory; who asks hears nothing
}

}  // namespace server
