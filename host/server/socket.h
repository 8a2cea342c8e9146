// SPDX-License-Identifier: MIT
//
// The protocol on a unix socket or a TCP port: any number of connections at once, a thread for each.
// Whoever serves blocks the signals first, before any plugin is loaded and any thread starts; the
// thread that calls serve_socket then takes them.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>

#include "server/listener.h"
#include "server/sessions.h"
#include "wire/endpoint.h"

namespace server {

struct SocketOptions {
    wire::Endpoint endpoint = {};
    mode_t mode = kSocketMode;                       // of a unix socket alone, as is the group
    std::string group = {};                          // by name; empty leaves it as it is
    std::chrono::milliseconds stop_timeout{10'000};  // for connections to finish once told to stop
    // At SIGHUP, on the thread that serves, until it is told to stop. Must not throw. Without it
    // SIGHUP is left alone.
    std::function<void()> on_hangup = {};
};

// Serves until SIGINT or SIGTERM, which the caller has blocked in every thread, and SIGHUP where
// there is something to do then. Then accepts no more, removes the file, lets connections finish for
// half of the stop timeout, ends their input and waits for the other half. Raises the limit of
// descriptors first. False where connections were still there after that, or have been abandoned:
// their threads still run, so the process can only be left with _exit.
bool serve_socket(const SocketOptions& options, const ServeConnection& serve);

// Block SIGINT and SIGTERM, or SIGHUP, in this thread and those it starts.
void block_stop_signals();
void block_hangup_signal();

}  // namespace server
