// SPDX-License-Identifier: MIT
#include "server/exit_deadline.h"

#include <unistd.h>

#include <csignal>
#include <exception>
#include <thread>

#include "log/log.h"
#include "server/control.h"
#include "server/stderr_relay.h"

namespace server {

void leave_now(int status) noexcept {
    remove_control_socket();
    flush_stderr();
    ::_exit(status);
}

void exit_within(std::chrono::milliseconds limit, int status) noexcept {
    const auto end_now = [status] { leave_now(status); };
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        std::thread([limit, end_now] {
            std::this_thread::sleep_for(limit);
            end_now();
        }).detach();
    } catch (const std::exception&) {
        end_now();
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace server
