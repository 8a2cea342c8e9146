// SPDX-License-Identifier: MIT
//
// Storage for plain structs that grows and never moves what it holds: pointers into it stay good
// until clear. Keeps its memory for the next use.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace wire {

template <class T>
class Arena {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

public:
    // Room for `count` items in a row. Write them there, then commit the end of what was written.
    T* room(size_t count) {
        if (static_cast<size_t>(end_ - next_) < count) next_chunk(count);
        return next_;
    }
    void commit(T* end) noexcept { next_ = end; }

    // What has not been needed for a while is freed: memory follows the load.
    void clear() noexcept {
        most_used_ = std::max(most_used_, chunks_.empty() ? 0 : current_ + 1);
        if (++clears_ % kClearsInAWhile == 0) chunks_.resize(std::exchange(most_used_, 0));
        current_ = 0;
        next_ = end_ = nullptr;
        if (!chunks_.empty()) use(chunks_.front());
    }

private:
    struct Chunk {
        std::unique_ptr<T[]> items;
        size_t size;
    };
    static constexpr size_t kChunk = 4096;
    static constexpr size_t kClearsInAWhile = 64;

    void use(const Chunk& chunk) noexcept {
        next_ = chunk.items.get();
        end_ = next_ + chunk.size;
    }
    void next_chunk(size_t count) {
        while (next_ && ++current_ < chunks_.size()) {
            use(chunks_[current_]);
            if (chunks_[current_].size >= count) return;
        }
        const size_t size = std::max(kChunk, count);
        chunks_.push_back({std::unique_ptr<T[]>(new T[size]), size});
        current_ = chunks_.size() - 1;
        use(chunks_.back());
    }

    std::vector<Chunk> chunks_;
    size_t current_ = 0;    // the chunk in use
    size_t most_used_ = 0;  // chunks, lately
    size_t clears_ = 0;
    T* next_ = nullptr;
    T* end_ = nullptr;
};

}  // namespace wire
