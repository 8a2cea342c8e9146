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

    // More memory that both have, of zeros at first: for what they let each other see beside the bytes. It stays for as
    // long as anybody holds it, whatever becomes of the channel and of the other process; also in a forked child.
    static constexpr size_t kBeside = 4096;  // bytes
    std::shared_ptr<void> beside() const noexcept { return {parts_.rings, parts_.rings->beside}; }

private:
    struct Rings {
        Ring of_maker, of_other;  // whose output it is
        alignas(kBeside) char beside[kBeside];
    };
    struct Parts {
        unique_fd memory;
        std::shared_ptr<Rings> rings;
        RingBells of_maker, of_other;
    };
    static std::shared_ptr<Rings> mapped(const unique_fd& memory);
    static Parts made();
    static Parts received(int socket);
    SharedChannel(Parts parts, bool made);

    Parts parts_;
    RingBells &in_, &out_;
    RingReader reader_;
    RingWriter writer_;
};

}  // namespace wire
