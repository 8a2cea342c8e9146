// SPDX-License-Identifier: MIT
//
// The data that came since the last checkpoint, as it came: what a new worker is given again.
//
// It is one long string of frames, of which the front is forgotten and the end grows; a position is
// a distance in bytes from its beginning, the first frame that ever came. A unit is what an
// algorithm gets at once and what is given again, or taken out, as one: a point of a stream, or a
// whole batch. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace supervisor {

using Position = uint64_t;

class Journal {
public:
    // Appends `count` whole frames. `ends_unit`: the last one is that of a unit.
    void append(std::string_view frames, bool ends_unit, uint64_t count = 1);

    Position begin() const noexcept { return begin_; }
    Position end() const noexcept { return end_; }
    size_t size() const noexcept { return end_ - begin_; }  // bytes
    uint64_t frames() const noexcept { return frames_ - frames_forgotten_; }

    // The end of the last whole unit.
    Position units_end() const noexcept { return boundaries_.empty() ? begin_ : boundaries_.back().at; }
    // The end of some unit behind `at`, not too far where there is one so near; nothing where there is none.
    std::optional<Position> boundary_after(Position at) const noexcept;
    // The end of the unit that begins at `at`; nothing where it has not come whole.
    std::optional<Position> unit_end(Position at) const noexcept;

    // How many whole units there are between the ends of two.
    uint64_t units(Position from, Position to) const noexcept;

    // Bytes from `at` on, as far as they lie end to end; always whole frames where `at` is the beginning of one.
    std::string_view view(Position at) const noexcept;

    // Forgets what is before `to`, the end of a unit.
    void forget(Position to) noexcept;

private:
    // Memory of their own: what a heap has of blocks that come and go stays with the process.
    struct Unmap {
        size_t capacity;
        void operator()(char* bytes) const noexcept;
    };
    struct Block {
        std::unique_ptr<char[], Unmap> bytes;
        size_t size;
        Position begin;

        size_t capacity() const noexcept { return bytes.get_deleter().capacity; }
    };
    struct Boundary {
        Position at;
        uint64_t frames;  // before it, since the beginning
    };
    static constexpr size_t kBlock = 256u << 10;
    static constexpr size_t kSpares = 4;              // what comes between two checkpoints of a small state
    static constexpr size_t kBoundaries = 16u << 10;  // bytes between two that are noted

    void add_block(size_t least);
    uint64_t frames_between(Position from, Position to) const noexcept;

    std::deque<Block> blocks_;
    std::vector<std::unique_ptr<char[], Unmap>> spares_;  // of kBlock
    std::deque<Boundary> boundaries_;                     // the last one is always noted
    Position begin_ = 0, end_ = 0;
    uint64_t frames_ = 0, frames_forgotten_ = 0;
};

}  // namespace supervisor
