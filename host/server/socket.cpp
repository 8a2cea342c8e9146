// SPDX-License-Identifier: MIT
#include "server/socket.h"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "server/descriptor_limit.h"

namespace server {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

std::string reason_of(int error) { return std::system_category().message(error); }

sigset_t stop_signals() {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGINT);
    ::sigaddset(&signals, SIGTERM);
    return signals;
}

wire::unique_fd signal_fd(bool hangup) {
    sigset_t signals = stop_signals();
    if (hangup) ::sigaddset(&signals, SIGHUP);
    wire::unique_fd fd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd) throw std::system_error(errno, std::system_category(), "watching for signals");
    return fd;
}

// The next one that has come; 0 where there is none.
int take_signal(int signals) {
    signalfd_siginfo signal;
    return ::read(signals, &signal, sizeof signal) > 0 ? static_cast<int>(signal.ssi_signo) : 0;
}

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
        const int signal = fds[1].revents ? take_signal(signals) : 0;
        if (signal != 0 && signal != SIGHUP) return;
    }
}

}  // namespace

void block_stop_signals() {
    const sigset_t signals = stop_signals();
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void block_hangup_signal() {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGHUP);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

bool serve_socket(const SocketOptions& options, const ServeConnection& serve) {
    raise_descriptor_limit();
    const wire::unique_fd signals = signal_fd(options.on_hangup != nullptr);
    Sessions sessions(serve);
    {
        const Listener listener(options.endpoint, options.mode, options.group);
        spdlog::info("listening on {}", listener.name());
        Acceptor acceptor(listener.fd(), sessions);
        for (;;) {
            pollfd fds[] = {{signals.get(), POLLIN, 0}, acceptor.to_poll(), {sessions.changed(), POLLIN, 0}};
            if (::poll(fds, 3, static_cast<int>(acceptor.timeout().count())) < 0) continue;
            if (((fds[0].revents | fds[1].revents | fds[2].revents) & POLLNVAL) != 0) {
                sessions.abandon();
                throw std::runtime_error("a plugin has closed descriptors of the host's: it cannot go on");
            }
            if (const int signal = fds[0].revents ? take_signal(signals.get()) : 0; signal == SIGHUP)
                options.on_hangup();
            else if (signal != 0)
                break;
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
