// SPDX-License-Identifier: MIT
//
// Points as a plugin sees them: the structs of udf_plugin.h, in one piece of memory. Guarded, it can be read only, and
// not even that any more once the call is over: whoever writes to it, or has kept a pointer, crashes there and then,
// and the check knows why.
#pragma once

#include <udf_plugin.h>

#include <span>
#include <vector>

#include "check/records.h"

namespace check {

enum class Memory { plain, guarded };

// A piece of memory that is filled from its front.
class Region {
public:
    // Guarded memory stays mapped, inaccessible, when the Region has gone: its addresses are never used again.
    Region(size_t bytes, Memory memory);
    ~Region();
    Region(Region&& other) noexcept;
    Region& operator=(Region&&) = delete;

    template <class T>
    T* array(size_t count) {
        return static_cast<T*>(take(count * sizeof(T), alignof(T)));
    }
    udf_str text(const std::string& text);

    void lock() noexcept;    // from now on it is read only, if guarded
    void retire() noexcept;  // and from now on not there

private:
    void* take(size_t bytes, size_t alignment);

    const Memory memory_;
    size_t size_, used_ = 0;
    char* begin_;
    size_t slot_ = 0;
};

// The points of a call; each its own note of where it came from, as the host's are.
class InputMemory {
public:
    InputMemory(std::span<const Point> points, Memory memory);
    // The same with the header of the batch that they are of.
    InputMemory(const Batch& batch, std::span<const Point> points, Memory memory);

    std::span<const udf_point> points() const noexcept { return {points_, count_}; }
    const udf_batch* batch() const noexcept { return batch_; }
    Region& region() noexcept { return region_; }

private:
    InputMemory(const Batch* batch, std::span<const Point> points, Memory memory);

    Region region_;
    udf_point* points_ = nullptr;
    size_t count_ = 0;
    udf_batch* batch_ = nullptr;
};

// Has a crash say where it was, on the standard error, and one at guarded memory what it was, on `notes`, before the
// process dies as it would have. Call it before a plugin is loaded, so that one that handles signals itself passes on
// what is not its own.
void explain_crashes(int notes);

}  // namespace check
