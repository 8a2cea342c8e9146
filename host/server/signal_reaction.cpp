// SPDX-License-Identifier: MIT
#include "server/signal_reaction.h"

#include <semaphore.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

namespace server {
namespace {

std::array<sem_t, NSIG> asked;

extern "C" void ask(int signal) {
    const int error = errno;
    ::sem_post(&asked[static_cast<size_t>(signal)]);
    errno = error;
}

void handle(int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART | SA_ONSTACK;  // a thread of Go's may get it, and has a small stack
    ::sigaction(signal, &action, nullptr);
}

}  // namespace

SignalReaction::SignalReaction(int signal, std::function<void()> react) : signal_(signal) {
    sigset_t others, own, before;
    ::sigfillset(&others);
    ::sigdelset(&others, signal);
    ::sigemptyset(&own);
    ::sigaddset(&own, signal);
    sem_t& semaphore = asked[static_cast<size_t>(signal)];
    ::sem_init(&semaphore, 0, 0);
    handle(signal, ask);
    // The thread is born with the mask that it keeps: this signal alone reaches it.
    ::pthread_sigmask(SIG_SETMASK, &others, &before);
    try {
        thread_ = std::thread([this, &semaphore, react = std::move(react)] {
            for (;;) {
                while (::sem_wait(&semaphore) != 0) {
                }
                if (ending_) return;
                react();
            }
        });
    } catch (...) {
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::pthread_sigmask(SIG_BLOCK, &own, nullptr);
}

SignalReaction::~SignalReaction() {
    handle(signal_, SIG_IGN);
    ending_ = true;
    ::sem_post(&asked[static_cast<size_t>(signal_)]);
    thread_.join();
}

}  // namespace server
