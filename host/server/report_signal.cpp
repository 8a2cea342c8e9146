// SPDX-License-Identifier: MIT
#include "server/report_signal.h"

#include <semaphore.h>

#include <cerrno>
#include <csignal>
#include <utility>

namespace server {
namespace {

sem_t asked;

extern "C" void ask_for_report(int) {
    const int error = errno;
    ::sem_post(&asked);
    errno = error;
}

void handle(void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGUSR1, &action, nullptr);
}

}  // namespace

ReportSignal::ReportSignal(std::function<void()> report) {
    sigset_t all, usr1, before;
    ::sigfillset(&all);
    ::sigdelset(&all, SIGUSR1);
    ::sigemptyset(&usr1);
    ::sigaddset(&usr1, SIGUSR1);
    ::sem_init(&asked, 0, 0);
    handle(ask_for_report);
    // The thread is born with the mask that it keeps: SIGUSR1 alone reaches it.
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        thread_ = std::thread([this, report = std::move(report)] {
            for (;;) {
                while (::sem_wait(&asked) != 0) {
                }
                if (ending_) return;
                report();
            }
        });
    } catch (...) {
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::pthread_sigmask(SIG_BLOCK, &usr1, nullptr);
}

ReportSignal::~ReportSignal() {
    handle(SIG_IGN);
    ending_ = true;
    ::sem_post(&asked);
    thread_.join();
}

}  // namespace server
