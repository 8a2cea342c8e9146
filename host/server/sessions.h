// SPDX-License-Identifier: MIT
//
// Connections and the threads that serve them. What a thread uses is shared with it, so that one
// that is abandoned does no harm. Owned and called by the thread that accepts; before the end every
// session has been reaped or abandoned.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>

#include "wire/channel.h"
#include "wire/unique_fd.h"

namespace server {

// Serves one connection on the thread that calls it, and returns at its end. Called from many
// threads at once. Must not throw. Whoever cannot get it to return calls `abandon`, from any thread:
// then nobody waits for it, and its thread goes on alone.
using ServeConnection = std::function<void(wire::FdChannel&, std::function<void()> abandon)>;

class Sessions {
public:
    Sessions();

    // Readable when a session has ended: call reap.
    int changed() const noexcept;
    size_t size() const noexcept { return sessions_.size(); }

    // Throws std::system_error where there is no descriptor or thread for it.
    void start(wire::unique_fd socket, ServeConnection serve);
    void reap();

    // Each connection sees the end of its input, finishes what it has and ends.
    void stop_input();

    // Threads that did not end go on without us, and without their connections.
    void abandon();
    bool any_abandoned() const noexcept { return any_abandoned_; }

private:
    struct Session;
    struct Common;

    std::list<std::shared_ptr<Session>> sessions_;
    std::shared_ptr<Common> common_;
    bool any_abandoned_ = false;
};

}  // namespace server
