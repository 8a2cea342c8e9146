// SPDX-License-Identifier: MIT
//
// The protocol on unix sockets and TCP ports: any number of connections at once, a thread for each.
// Whoever serves blocks the signals first, before any plugin is loaded and any thread starts; the
// thread that calls run or serve_socket then takes them.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "log/event.h"
#include "server/listener.h"
#include "server/sessions.h"
#include "wire/endpoint.h"

namespace server {

// What else is done on the thread that serves.
struct Chores {
    std::vector<int> fds = {};                                            // readable: something is to be done
    std::chrono::milliseconds within = std::chrono::milliseconds::max();  // something is to be done then at the latest
};

// Any number of sockets, which may come and go while they are served. All on one thread.
class SocketServer {
public:
    SocketServer();
    ~SocketServer();
    SocketServer(const SocketServer&) = delete;
    SocketServer& operator=(const SocketServer&) = delete;

    // Listens there, on a unix socket with that mode and group; `where` is for the log. Throws as Listener does.
    void listen(const wire::Endpoint& endpoint, mode_t mode, const std::string& group, ServeConnection serve,
                const logging::Where& where = {});
    // No more connections there; those that there are go on.
    void close(const wire::Endpoint& endpoint);
    // Whether somebody can connect there still: the file of a unix socket may have been removed or replaced.
    bool is_reachable(const wire::Endpoint& endpoint) const;

    struct Options {
        std::chrono::milliseconds stop_timeout{10'000};  // for connections to finish once told to stop
        // At SIGHUP, until it is told to stop. Without it SIGHUP is left alone.
        std::function<void()> on_hangup = {};
        // Asked for again before each wait, and must not throw; done() is called after each. What that throws ends all.
        std::function<Chores()> chores = {};
        std::function<void()> done = {};
        // Asked for after each wait until it is true: a service manager is told then that we are ready, and with it
        // may start what needs us. Empty: from the start.
        std::function<bool()> ready = {};
    };
    // Serves until SIGINT or SIGTERM, which the caller has blocked in every thread, and SIGHUP where
    // there is something to do then. Then accepts no more, removes the files, lets connections finish for
    // half of the stop timeout, ends their input and waits for the other half. A service manager is told of all of
    // that. Raises the limit of descriptors first. False where connections were still there after that, or have been
    // abandoned: their threads still run, so the process can only be left with _exit.
    bool run(const Options& options);

private:
    struct Place {
        std::unique_ptr<Listener> listener;
        ServeConnection serve;
    };
    class Acceptor;
    class Signs;

    bool stop(int signals, std::chrono::milliseconds timeout);

    std::map<std::string, Place> places_;  // by name of the endpoint that was asked for
    Sessions sessions_;
};

struct SocketOptions {
    wire::Endpoint endpoint = {};
    mode_t mode = kSocketMode;                       // of a unix socket alone, as is the group
    std::string group = {};                          // by name; empty leaves it as it is
    std::chrono::milliseconds stop_timeout{10'000};  // as in SocketServer::Options
    std::function<void()> on_hangup = {};            // likewise
};

// A SocketServer of one socket: listens there and serves to the end, as run() does.
bool serve_socket(const SocketOptions& options, const ServeConnection& serve);

// Block SIGINT and SIGTERM, or SIGHUP, in this thread and those it starts.
void block_stop_signals();
void block_hangup_signal();

}  // namespace server
