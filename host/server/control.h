// SPDX-License-Identifier: MIT
//
// The control socket of a process that serves: where `udf-host status` and others ask how it stands. One request is one
// line, and its answer one line, of JSON; then the connection ends. One at a time, on a thread of its own, and none for
// longer than it takes somebody who means well: serving never waits for it.
#pragma once

#include <pthread.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "wire/bell.h"
#include "wire/unique_fd.h"

namespace server {

class Control {
public:
    // Without the line's end, at most kLongestRequest bytes. Called on the thread of the socket.
    using Answer = std::function<std::string(const std::string& request)>;
    static constexpr size_t kLongestRequest = 256;

    // Listens. Where it cannot, that is a line in the log at debug, and no more. One in a process; make it after the
    // signals that are to be waited for have been blocked. SIGTERM, SIGINT and SIGHUP, where they end the process as
    // they do by default, remove the socket first.
    explicit Control(Answer answer);
    // Removes the socket. Whoever is being answered may hear no more.
    ~Control();
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;

    // Of the socket; empty where there is none.
    const std::filesystem::path& path() const noexcept { return path_; }

private:
    void listen();
    void serve();
    void serve_one(int socket) const;

    const Answer answer_;
    std::filesystem::path path_;
    wire::unique_fd listening_;
    std::optional<wire::Bell> ending_;
    std::atomic<bool> ends_ = false;  // beside the bell, which a plugin may close
    pthread_t thread_{};
    bool serving_ = false;
};

// Removes the socket of this process, for who leaves it without an end to its objects. Async-signal-safe.
void remove_control_socket() noexcept;

}  // namespace server
