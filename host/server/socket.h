// SPDX-License-Identifier: MIT
//
// The protocol on a unix socket: any number of connections at once, a thread for each.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "wire/channel.h"
#include "wire/unique_fd.h"

namespace server {

struct SocketOptions {
    std::filesystem::path path;
    mode_t mode = 0660;
    std::string group = {};                          // by name; empty leaves it as it is
    std::chrono::milliseconds stop_timeout{10'000};  // for connections to finish once told to stop
};

// Serves one connection on the thread that calls it, and returns at its end. Called from many
// threads at once. Must not throw. Whoever cannot get it to return calls `abandon`, from any thread:
// then nobody waits for it, and its thread goes on alone.
using ServeConnection = std::function<void(wire::Channel&, std::function<void()> abandon)>;

// A unix socket that is being listened on; its file is removed by the destructor.
class Listener {
public:
    // Replaces a stale file, one that nobody listens on. Throws std::runtime_error where somebody
    // does, where the file is no socket, or where it cannot be made.
    explicit Listener(const SocketOptions& options);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    int fd() const noexcept { return fd_.get(); }

private:
    std::filesystem::path path_;
    wire::unique_fd fd_;
    dev_t device_ = 0;  // of the file, to know it again
    ino_t inode_ = 0;
};

// Serves until SIGINT or SIGTERM, which the caller has blocked in every thread. Then accepts no
// more, removes the file, lets connections finish for half of the stop timeout, ends their input
// and waits for the other half. Raises the limit of descriptors first. False where connections were still
// there after that, or have been abandoned: their threads still run, so the process can only be left with
// _exit.
bool serve_socket(const SocketOptions& options, const ServeConnection& serve);

// Blocks SIGINT and SIGTERM in this thread and those it starts. Before any plugin is loaded.
void block_stop_signals();

}  // namespace server
