// SPDX-License-Identifier: MIT
//
// A channel between a process and one that it starts, through memory that both have: what a supervisor
// and its worker speak over. It carries a byte for a fraction of what a pipe takes (two copies, and no
// system call while both are at work), but does not tell that the other process is dead.
#pragma once

#include <memory>

#include "wire/channel.h"
#include "wire/ring.h"

namespace wire {

class SharedChannel final : public PolledChannel {
public:
    // Makes the memory. Throws std::system_error.
    SharedChannel();
    // The other end, from the unix socket that send() has put it in. Throws std::system_error where it is not there.
    explicit SharedChannel(int socket);
    // Puts the other end in a unix socket, to be had there once. Throws std::system_error.
    void send(int socket) const;

    Moved read(char* to, size_t size) override { return reader_.read(to, size); }
    Moved write(const char* from, size_t size) override { return writer_.write(from, size); }
    bool input_closed() override { return reader_.closed(); }
    void close_output() override { writer_.close(); }
    pollfd when_readable(bool wanted) const noexcept override;
    pollfd when_writable(bool wanted) const noexcept override;

private:
    struct Rings {
        Ring of_maker, of_other;  // whose output it is
    };
    struct Unmap {
        void operator()(Rings* rings) const noexcept;
    };
    struct Parts {
        unique_fd memory;
        std::unique_ptr<Rings, Unmap> rings;
        RingBells of_maker, of_other;
    };
    static std::unique_ptr<Rings, Unmap> mapped(const unique_fd& memory);
    static Parts made();
    static Parts received(int socket);
    SharedChannel(Parts parts, bool made);

    Parts parts_;
    RingBells &in_, &out_;
    RingReader reader_;
    RingWriter writer_;
};

}  // namespace wire
