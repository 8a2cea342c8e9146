// SPDX-License-Identifier: MIT
//
// Bytes on their way out: written at the end, taken from the front. Keeps its memory.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

namespace wire {

class Buffer {
public:
    size_t size() const noexcept { return end_ - begin_; }
    bool empty() const noexcept { return begin_ == end_; }
    std::string_view view() const noexcept { return {bytes_.get() + begin_, size()}; }

    // Room for `size` more bytes; write there, then commit what was written.
    char* room(size_t size) {
        if (capacity_ - end_ < size) make_room(size);
        return bytes_.get() + end_;
    }
    void commit(size_t size) noexcept { end_ += size; }

    void append(std::string_view bytes) {
        if (bytes.empty()) return;
        std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
        commit(bytes.size());
    }

    // Drops bytes from the front.
    void consume(size_t size) noexcept {
        begin_ += size;
        if (begin_ == end_) begin_ = end_ = 0;
    }
    // Drops what was appended after the buffer had `size` bytes.
    void truncate(size_t size) noexcept { end_ = begin_ + size; }

    // Gives memory over `capacity` back; for an empty buffer only.
    void shrink(size_t capacity) noexcept {
        if (!empty() || capacity_ <= capacity) return;
        bytes_.reset();
        capacity_ = begin_ = end_ = 0;
    }

private:
    struct Free {
        void operator()(char* p) const noexcept { std::free(p); }
    };

    void make_room(size_t size) {
        const size_t held = this->size();
        if (capacity_ - held >= size) {  // no new memory: a heap is left with holes by large blocks that come and go
            std::memmove(bytes_.get(), bytes_.get() + begin_, held);
            begin_ = 0;
            end_ = held;
            return;
        }
        size_t capacity = capacity_ ? capacity_ : 64u << 10;
        while (capacity - held < size) capacity *= 2;
        auto* bytes = static_cast<char*>(std::malloc(capacity));
        if (!bytes) throw std::bad_alloc();
        if (held != 0) std::memcpy(bytes, bytes_.get() + begin_, held);
        end_ = held;
        begin_ = 0;
        capacity_ = capacity;
        bytes_.reset(bytes);
    }

    std::unique_ptr<char, Free> bytes_;
    size_t begin_ = 0, end_ = 0, capacity_ = 0;
};

}  // namespace wire
