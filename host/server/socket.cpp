// SPDX-License-Identifier: MIT
#include "server/socket.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "log/log.h"
#include "server/descriptor_limit.h"
#include "server/service_manager.h"

namespace server {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

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

// Takes connections. Where one cannot be had, for want of descriptors, memory or threads, it waits
// some time for others to end: the listeners stay readable meanwhile. Of such a time the log tells
// the beginning and the end.
class SocketServer::Acceptor {
public:
    explicit Acceptor(Sessions& sessions) : sessions_(sessions) {}

    bool paused() const noexcept { return Clock::now() < paused_until_; }
    milliseconds timeout() const noexcept { return paused() ? kPause : kLongest; }

    void accept_one(const Place& place) {
        wire::unique_fd socket(::accept4(place.listener->fd(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!socket) {
            if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
            return pause("accepted", std::system_category().message(errno));
        }
        try {
            sessions_.start(std::move(socket), place.serve);
        } catch (const std::exception& e) {
            return pause("served", e.what());
        }
        if (std::exchange(in_trouble_, false)) logging::info("connections are served again");
    }

private:
    static constexpr milliseconds kPause{100};
    static constexpr milliseconds kLongest{1000};  // a descriptor that was closed is only noticed by a new poll

    void pause(std::string_view what, std::string_view reason) {
        if (!std::exchange(in_trouble_, true))
            logging::error(fmt::format("a connection could not be {}: others wait", what),
                           {{"open", sessions_.size()}, {"cause", reason}});
        paused_until_ = Clock::now() + kPause;
    }

    Sessions& sessions_;
    bool in_trouble_ = false;
    Clock::time_point paused_until_{};
};

// Tells the service manager that we are ready, once, and at intervals that we get on.
class SocketServer::Signs {
public:
    explicit Signs(std::function<bool()> ready) : is_ready_(std::move(ready)) { look(); }

    void look() {
        if (!told_ready_ && (!is_ready_ || is_ready_())) {
            told_ready_ = true;
            notify_service_manager("READY=1");
        }
        const auto now = Clock::now();
        if (!interval_ || now - alive_at_ < *interval_) return;
        alive_at_ = now;
        notify_service_manager("WATCHDOG=1");
    }
    milliseconds within() const {
        if (!interval_) return milliseconds::max();
        return std::max(std::chrono::ceil<milliseconds>(alive_at_ + *interval_ - Clock::now()), milliseconds(0));
    }
    void reload(const std::function<void()>& how) const {
        const auto now = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch());
        notify_service_manager("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()));
        how();
        if (told_ready_) notify_service_manager("READY=1");
    }

private:
    const std::function<bool()> is_ready_;
    bool told_ready_ = false;
    const std::optional<milliseconds> interval_ = watchdog_interval();
    Clock::time_point alive_at_{};
};

SocketServer::SocketServer() = default;
SocketServer::~SocketServer() = default;

void SocketServer::listen(const wire::Endpoint& endpoint, mode_t mode, const std::string& group, ServeConnection serve,
                          const logging::Where& where) {
    auto listener = std::make_unique<Listener>(endpoint, mode, group);
    logging::info(where, "listening", {{"on", listener->name()}});
    places_[to_string(endpoint)] = {std::move(listener), std::move(serve)};
}

void SocketServer::close(const wire::Endpoint& endpoint) { places_.erase(to_string(endpoint)); }

bool SocketServer::is_reachable(const wire::Endpoint& endpoint) const {
    const auto place = places_.find(to_string(endpoint));
    return place != places_.end() && place->second.listener->is_there();
}

bool SocketServer::run(const Options& options) {
    raise_descriptor_limit();
    const wire::unique_fd signals = signal_fd(options.on_hangup != nullptr);
    Acceptor acceptor(sessions_);
    Signs signs(options.ready);
    std::vector<pollfd> fds;
    for (;;) {
        const Chores chores = options.chores ? options.chores() : Chores{};
        fds = {{signals.get(), POLLIN, 0}, {sessions_.changed(), POLLIN, 0}};
        std::vector<const Place*> polled;
        for (const auto& [name, place] : places_) {
            if (acceptor.paused()) break;
            fds.push_back({place.listener->fd(), POLLIN, 0});
            polled.push_back(&place);
        }
        for (const int fd : chores.fds) fds.push_back({fd, POLLIN, 0});
        const milliseconds timeout =
            std::clamp(std::min(chores.within, signs.within()), milliseconds(0), acceptor.timeout());
        if (::poll(fds.data(), fds.size(), static_cast<int>(timeout.count())) < 0) continue;
        if (std::any_of(fds.begin(), fds.end(), [](const pollfd& fd) { return (fd.revents & POLLNVAL) != 0; })) {
            sessions_.abandon();
            throw std::runtime_error("a plugin has closed descriptors of the host's: it cannot go on");
        }
        if (const int signal = fds[0].revents ? take_signal(signals.get()) : 0; signal == SIGHUP)
            signs.reload(options.on_hangup);
        else if (signal != 0)
            break;
        for (size_t i = 0; i < polled.size(); ++i)
            if (fds[2 + i].revents) acceptor.accept_one(*polled[i]);
        if (fds[1].revents) sessions_.reap();
        try {
            if (options.done) options.done();
        } catch (...) {
            sessions_.abandon();
            throw;
        }
        signs.look();
    }
    notify_service_manager("STOPPING=1");
    places_.clear();
    return stop(signals.get(), options.stop_timeout);
}

bool SocketServer::stop(int signals, milliseconds timeout) {
    sessions_.reap();
    const milliseconds half = timeout / 2;
    if (sessions_.size() != 0)
        logging::info("stopping: open connections have some time, then their input ends; signal again to hurry",
                      {{"connections", sessions_.size()}, {"milliseconds", half.count()}});
    wait_for_sessions(sessions_, signals, Clock::now() + half);
    sessions_.stop_input();
    wait_for_sessions(sessions_, signals, Clock::now() + half);
    if (sessions_.size() != 0)
        logging::warning("stopped with connections still open", {{"connections", sessions_.size()}});
    sessions_.abandon();
    return !sessions_.any_abandoned();
}

bool serve_socket(const SocketOptions& options, const ServeConnection& serve) {
    SocketServer server;
    server.listen(options.endpoint, options.mode, options.group, serve);
    return server.run({.stop_timeout = options.stop_timeout, .on_hangup = options.on_hangup});
}

}  // namespace server
