// SPDX-License-Identifier: MIT
//
// Generated load: points or batches as Kapacitor would send them, encoded once and sent over and
// over. The same arguments give the same bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

enum class Shape {
    small,  // 1 tag, 1 double: about 90 bytes
    cpu,    // 2 tags, 10 doubles: about 360 bytes
};
std::string_view name_of(Shape shape) noexcept;

// Both shapes have this field, and the group is one of the tag "host".
inline constexpr const char* kField = "usage_idle";

struct StreamSpec {
    Shape shape = Shape::small;
    size_t groups = 16;     // points go round them; batches too, as far as they fit in kStreamLimit
    size_t batch_size = 0;  // points in a batch; 0 makes a stream of points
};

inline constexpr size_t kStreamLimit = 64u << 20;  // bytes of batches

struct Stream {
    // Whole messages, batches in one piece, of about 128 KiB: what is worth a write.
    struct Piece {
        size_t end;     // in bytes
        size_t points;  // in this piece
    };
    std::string bytes;
    std::vector<Piece> pieces;
    size_t points = 0;
    size_t first_end = 0;  // where the first message, or the first batch, ends
    bool in_batches = false;
};

Stream make_stream(const StreamSpec& spec);

}  // namespace bench
