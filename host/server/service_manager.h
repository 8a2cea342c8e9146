// SPDX-License-Identifier: MIT
//
// What a service manager (systemd) and we tell one another: sockets that it has opened for us, which wait with
// connections while we start (LISTEN_FDS); that we are ready, read our configuration again or stop (NOTIFY_SOCKET);
// and, at intervals, that we still get on (WATCHDOG_USEC). Its protocols are few datagrams and variables, documented as
// stable in sd_notify(3) and sd_listen_fds(3): its library would take each `prog` of Kapacitor's longer to start than
// these lines take to read. Where there is none, all of this does nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/endpoint.h"
#include "wire/unique_fd.h"

namespace server {

// Takes what the environment has for us out of it, so that no worker, plugin or child of one believes to be meant.
// First thing in main(), before there are threads.
void take_service_environment();

// Assignments as sd_notify(3) has them, each on a line: "READY=1\nSTATUS=serving". Never blocks, never fails. From any
// thread.
void notify_service_manager(std::string_view state) noexcept;

// How often it wants to hear WATCHDOG=1 at the least; it restarts us after twice that time. Empty where it does not.
std::optional<std::chrono::milliseconds> watchdog_interval() noexcept;

// A socket that listens there already, a descriptor of its own, non-blocking and closed on exec; none (-1) where the
// service manager opened none, or the file of it has been removed. From the thread that serves.
wire::unique_fd activated_socket(const wire::Endpoint& endpoint);
// Where those listen that nobody has asked for yet: whoever connects there waits for ever.
std::vector<std::string> unused_activated_sockets();

}  // namespace server
