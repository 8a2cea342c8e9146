// SPDX-License-Identifier: MIT
#include "server/sessions.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <thread>
#include <utility>

#include "log/log.h"
#include "wire/bell.h"

namespace server {
namespace {

enum class State : uint8_t { running, abandoned, done };

void run(wire::unique_fd socket, const ServeConnection& serve, std::function<void()> abandon) noexcept try {
    wire::FdChannel channel(std::move(socket));
    serve(channel, std::move(abandon));
} catch (const std::exception& e) {
    logging::error("a connection failed", {{"cause", e.what()}});
}

}  // namespace

struct Sessions::Session {
    explicit Session(int socket) : handle(::fcntl(socket, F_DUPFD_CLOEXEC, 3)) {
        if (!handle) throw std::system_error(errno, std::system_category(), "duplicating its socket");
    }
    // Not merely closed: a child that a plugin has forked may have the connection, too.
    void hang_up() const noexcept { ::shutdown(handle.get(), SHUT_RDWR); }

    std::thread thread;
    const wire::unique_fd handle;  // reaches the connection while its own thread has the socket
    std::atomic<State> state = State::running;
};

struct Sessions::Common {
    wire::Bell changed;
};

Sessions::Sessions() : common_(std::make_shared<Common>()) {}

int Sessions::changed() const noexcept { return common_->changed.fd(); }

void Sessions::start(wire::unique_fd socket, ServeConnection serve) {
    const auto session = std::make_shared<Session>(socket.get());
    sessions_.push_back(session);
    try {
        session->thread =
            std::thread([common = common_, session, fd = std::move(socket), serve = std::move(serve)]() mutable {
                const auto now_is = [common, session](State state) {
                    session->state = state;
                    common->changed.raise();
                };
                run(std::move(fd), serve, [now_is] { now_is(State::abandoned); });
                session->hang_up();
                now_is(State::done);
            });
    } catch (...) {
        sessions_.pop_back();
        throw;
    }
}

void Sessions::reap() {
    common_->changed.take();
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

void Sessions::stop_input() {
    for (const auto& s : sessions_) ::shutdown(s->handle.get(), SHUT_RD);
}

void Sessions::abandon() {
    for (const auto& s : sessions_) {
        s->hang_up();
        s->thread.detach();
    }
    any_abandoned_ |= !sessions_.empty();
    sessions_.clear();
}

}  // namespace server
