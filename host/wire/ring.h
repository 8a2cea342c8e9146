// SPDX-License-Identifier: MIT
//
// Bytes in one direction through memory that two processes share: no system call while both are at
// work. Each side has one end and keeps its own place to itself, so that the other, which may be
// mad, can harm no more than the bytes.
//
// Both ends are level-triggered, like pipes: a bell is raised as long as there may be bytes to read,
// or room for more. An end has one user at a time; its bell may be polled meanwhile.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "wire/bell.h"
#include "wire/channel.h"

namespace wire {

// What both sides see. Lives in memory of zeros.
struct Ring {
    static constexpr size_t kSize = 512u << 10;  // bytes; the larger, the fewer are the switches between both processes
    static constexpr size_t kLine = 64;          // bytes that processors pass on in one

    alignas(kLine) std::atomic<uint64_t> written;  // bytes since the beginning
    std::atomic<bool> closed;                      // no more will come
    std::atomic<bool> writer_waits;
    alignas(kLine) std::atomic<uint64_t> read;
    std::atomic<bool> reader_is_told;  // its bell is raised, or about to be
    alignas(kLine) char bytes[kSize];
};
static_assert(std::atomic<uint64_t>::is_always_lock_free);

// The bells of a ring.
struct RingBells {
    Bell readable, writable;
};

class RingReader {
public:
    RingReader(Ring& ring, RingBells& bells) noexcept : ring_(ring), bells_(bells) {}

    // As Channel::read. Throws ProtocolError where the other side has spoilt the ring.
    Channel::Moved read(char* to, size_t size);
    bool closed() const noexcept { return ring_.closed; }

private:
    size_t available() const;
    void tell_writer() noexcept;

    Ring& ring_;
    RingBells& bells_;
    uint64_t at_ = 0;
};

class RingWriter {
public:
    RingWriter(Ring& ring, RingBells& bells) noexcept : ring_(ring), bells_(bells) {}

    // As Channel::write. Throws ProtocolError where the other side has spoilt the ring.
    Channel::Moved write(const char* from, size_t size);
    void close() noexcept;

private:
    size_t room() const;

    Ring& ring_;
    RingBells& bells_;
    uint64_t at_ = 0;
};

}  // namespace wire
