// SPDX-License-Identifier: MIT
#include "client/interrupt.h"

#include <cerrno>
#include <iterator>
#include <system_error>
#include <utility>

namespace client {
namespace {

volatile std::sig_atomic_t signals_seen = 0, last_signal = 0;

void note_signal(int signal) {
    last_signal = signal;
    signals_seen = signals_seen + 1;
}

}  // namespace

Interrupt::Interrupt() {
    signals_seen = 0;
    struct sigaction action {};
    action.sa_handler = note_signal;  // without SA_RESTART: a blocked write returns
    ::sigaction(SIGINT, &action, &old_int_);
    ::sigaction(SIGTERM, &action, &old_term_);
}

Interrupt::~Interrupt() {
    ::sigaction(SIGINT, &old_int_, nullptr);
    ::sigaction(SIGTERM, &old_term_, nullptr);
}

int Interrupt::poll(pollfd* fds, size_t n, int timeout_ms) {
    // Blocked from the look at the flag until ppoll() waits: no signal is lost in between.
    sigset_t ours, before;
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &ours, &before);
    int ready = 0, error = 0;
    if (signals_seen == handled_) {
        const timespec timeout{timeout_ms / 1000, timeout_ms % 1000 * 1'000'000L};
        ready = ::ppoll(fds, n, timeout_ms < 0 ? nullptr : &timeout, &before);
        error = errno;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    check();
    if (ready < 0 && error != EINTR) throw std::system_error(error, std::system_category(), "waiting");
    return ready < 0 ? 0 : ready;
}

void Interrupt::check() {
    if (signals_seen == handled_) return;
    handled_ = signals_seen;
    throw Interrupted(last_signal);
}

wire::Channel::Ready InterruptibleChannel::wait(Ready interest, Timeout timeout) {
    pollfd fds[] = {when_readable(interest.input), when_writable(interest.output)};
    interrupt_.poll(fds, std::size(fds), timeout ? static_cast<int>(timeout->count()) : -1);
    return {fds[0].revents != 0, fds[1].revents != 0};
}

}  // namespace client
