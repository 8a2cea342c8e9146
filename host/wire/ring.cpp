// SPDX-License-Identifier: MIT
#include "wire/ring.h"

#include <algorithm>
#include <cstring>

#include "wire/frame_reader.h"

namespace wire {
namespace {

// Calls copy(offset in the ring, offset in the bytes, size) for each piece.
template <class Copy>
void each_piece(uint64_t at, size_t size, Copy&& copy) {
    const size_t begin = at % Ring::kSize, first = std::min(size, Ring::kSize - begin);
    copy(begin, size_t{0}, first);
    if (first < size) copy(size_t{0}, first, size - first);
}

// Who says something looks whether the other side must be told afterwards; who is going to wait says so, and then looks
// whether he has to. All of it is in one order for both (memory_order_seq_cst), so that one of them sees what the other
// has said.

}  // namespace

// ---- Reading ----

size_t RingReader::available() const {
    const uint64_t size = ring_.written - at_;
    if (size > Ring::kSize) throw ProtocolError("the memory shared with the other side is spoilt");
    return size;
}

Channel::Moved RingReader::read(char* to, size_t size) {
    size_t taken = 0;
    for (bool waiting = false;; waiting = true) {
        const bool last = ring_.closed;
        const size_t now = std::min(available(), size - taken);
        if (now != 0) {
            each_piece(at_, now,
                       [&](size_t in, size_t out, size_t n) { std::memcpy(to + taken + out, ring_.bytes + in, n); });
            ring_.read = at_ += now;
            tell_writer();
            taken += now;
        }
        if (last && taken == 0) return {Channel::Status::closed};
        if (last || taken == size) {
            if (waiting) ring_.reader_is_told = true, bells_.readable.raise();  // there may be more
            break;
        }
        if (waiting && now == 0) break;
        if (ring_.reader_is_told.exchange(false) || taken == 0) bells_.readable.take();
    }
    return taken == 0 ? Channel::Moved{Channel::Status::again} : Channel::Moved{Channel::Status::ok, taken};
}

// Worth its while only when there is much room.
void RingReader::tell_writer() noexcept {
    if (ring_.writer_waits && ring_.written - at_ <= Ring::kSize / 2 && ring_.writer_waits.exchange(false))
        bells_.writable.raise();
}

// ---- Writing ----

size_t RingWriter::room() const {
    const uint64_t used = at_ - ring_.read;
    if (used > Ring::kSize) throw ProtocolError("the memory shared with the other side is spoilt");
    return Ring::kSize - used;
}

Channel::Moved RingWriter::write(const char* from, size_t size) {
    const size_t now = std::min(room(), size);
    if (now != 0) {
        each_piece(at_, now, [&](size_t in, size_t out, size_t n) { std::memcpy(ring_.bytes + in, from + out, n); });
        ring_.written = at_ += now;
        if (!ring_.reader_is_told && !ring_.reader_is_told.exchange(true)) bells_.readable.raise();
    }
    if (now < size && (!ring_.writer_waits.exchange(true) || now == 0)) {
        bells_.writable.take();
        if (room() >= Ring::kSize / 2) ring_.writer_waits = false, bells_.writable.raise();
    }
    return now == 0 ? Channel::Moved{Channel::Status::again} : Channel::Moved{Channel::Status::ok, now};
}

void RingWriter::close() noexcept {
    ring_.closed = true;
    bells_.readable.raise();
}

}  // namespace wire
