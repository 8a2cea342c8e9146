// SPDX-License-Identifier: MIT
//
// Both directions of one connection, without blocking: what agents, clients and supervisors read
// and write. FdChannel goes over pipes or a socket, SharedChannel between processes of ours; tests
// put their own under the agent. A channel has one user at a time: callers bring their own lock.
// Only wait may go on in one thread while others read and write.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "wire/bell.h"
#include "wire/unique_fd.h"

namespace wire {

class Channel {
public:
    enum class Status {
        ok,      // `bytes` of them were moved, at least one
        again,   // nothing can be moved now: wait
        closed,  // reading: the end of the input; writing: nobody will read any more
    };
    struct Moved {
        Status status;
        size_t bytes = 0;
    };
    struct Ready {
        bool input = false, output = false;
        bool woken = false;  // by wake
    };
    using Timeout = std::optional<std::chrono::milliseconds>;  // none = for ever

    virtual ~Channel() = default;

    // Neither blocks on a pipe or socket. A lost connection is the same as a closed one. Throw
    // std::system_error where the descriptor itself is at fault.
    virtual Moved read(char* to, size_t size) = 0;
    virtual Moved write(const char* from, size_t size) = 0;

    // Blocks until a direction asked for can move or has closed, or until wake, if asked for.
    // Nothing is ready on a timeout.
    virtual Ready wait(Ready interest, Timeout timeout) = 0;

    // Makes a wait that asks for it return, the present one or else the next. From any thread.
    virtual void wake() noexcept = 0;

    // Whether the other side has ended the input, though bytes of it may be left to read. False where
    // that cannot be told without reading.
    virtual bool input_closed() { return false; }

    // Tells the other side that no more will be written; reading goes on.
    virtual void close_output() = 0;

    // Ends both directions of a socket, whoever else holds a descriptor of it. Pipes cannot be ended so.
    virtual void hang_up() {}
};

// Sees what a channel has moved, at once and on the same thread. Whoever fails at it keeps that to himself.
class Tap {
public:
    virtual ~Tap() = default;
    virtual void has_read(std::string_view bytes) noexcept = 0;
    virtual void has_written(std::string_view bytes) noexcept = 0;
    virtual void input_has_ended() noexcept = 0;  // these may come more than once
    virtual void output_is_lost() noexcept = 0;   // nobody reads it any more
    virtual void output_was_closed() noexcept = 0;
};

// A channel that can be waited for in a poll of the caller's own.
class PolledChannel : public Channel {
public:
    // What to poll for until a direction can move, or has closed: any event says so. Nothing where it is not wanted,
    // or cannot move any more.
    virtual pollfd when_readable(bool wanted) const noexcept = 0;
    virtual pollfd when_writable(bool wanted) const noexcept = 0;
    // Readable after wake(), until take_wake().
    int wake_fd() const noexcept { return wake_.fd(); }
    void take_wake() noexcept { wake_.take(); }

    Ready wait(Ready interest, Timeout timeout) override;
    void wake() noexcept override { wake_.raise(); }

private:
    Bell wake_;
};

class FdChannel : public PolledChannel {
public:
    // Two pipe ends or files, or one socket for both directions. Pipes and sockets become non-blocking;
    // terminals and files are left alone, since others may share them.
    FdChannel(unique_fd input, unique_fd output);
    explicit FdChannel(unique_fd socket);

    // From now on it sees all that is moved; it lives as long as the channel.
    void set_tap(std::unique_ptr<Tap> tap) noexcept { tap_ = std::move(tap); }

    Moved read(char* to, size_t size) override;
    Moved write(const char* from, size_t size) override;
    bool input_closed() override;
    void close_output() override;
    void hang_up() override;
    pollfd when_readable(bool wanted) const noexcept override { return {wanted ? input_.get() : -1, POLLIN, 0}; }
    pollfd when_writable(bool wanted) const noexcept override { return {wanted ? output_fd() : -1, POLLOUT, 0}; }

private:
    int output_fd() const noexcept { return is_socket_ ? input_.get() : output_.get(); }

    unique_fd input_, output_;  // a socket is in input_ alone
    bool is_socket_;
    bool output_open_ = true;
    std::unique_ptr<Tap> tap_;
};

}  // namespace wire
