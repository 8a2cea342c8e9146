// SPDX-License-Identifier: MIT
//
// Decodes the data messages (Point, BeginBatch, EndBatch) into the structs of udf_plugin.h, in
// place: strings point into the encoded bytes, which the caller keeps while they are in use.
// Means what the generated protobuf code would: any order, unknown fields, last one wins.
//
// Written by hand because it is the hot path: libprotobuf makes a dozen allocations a point.
#pragma once

#include <udf_plugin.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "wire/arena.h"

namespace wire {

// What the encoder may re-use of a decoded point.
struct Origin {
    const char* bytes = nullptr;  // the encoded Point
    uint32_t size = 0;
    uint32_t fields_begin = 0;  // where in bytes the first field is
    uint8_t prefix = 0;         // bytes right before it that make it a frame; 0 where there is no such frame
    bool fields_last = true;    // fields and byName stand from fields_begin on, alone and only there
    bool usual = false;         // and in the order of the decoded point, each ending with its value
    bool in_batch = false;
    bool non_finite = false;  // a field is NaN or an infinity

    std::string_view body() const noexcept { return {bytes, size}; }
    std::string_view frame() const noexcept { return {bytes - prefix, prefix + size}; }
};

// A decoded BeginBatch or EndBatch, with the tags that its udf_batch points to.
struct BatchHeader {
    udf_batch batch{};
    std::vector<udf_tag> tags;
    std::vector<udf_str> dimensions;  // the keys of tags
};

// Consecutive points, decoded. Keeps its memory from run to run: no allocation in steady state.
class PointRun {
public:
    // Starts a new run. Points of the former one are gone.
    void clear() noexcept;

    // Appends the encoded point; `prefix` is how many bytes right before it make it a frame, 0 where
    // there is no such frame. False where the bytes are no Point: then the run is as it was.
    bool add(std::string_view body, size_t prefix);

    // The same for a point of a batch, which lends it its name, byName and, as dimensions, the
    // names of its tags: the points of a batch do not carry these.
    bool add(std::string_view body, size_t prefix, const BatchHeader& header);

    std::span<const udf_point> points() const noexcept { return points_; }

    // Whether a field of any of its points is NaN or an infinity.
    bool has_non_finite() const noexcept { return non_finite_; }

    // Whether `points` is a part of points() itself.
    bool holds(std::span<const udf_point> points) const noexcept {
        if (points.empty() || std::less()(points.data(), points_.data())) return false;
        const auto first = static_cast<size_t>(points.data() - points_.data());
        return first < points_.size() && points.size() <= points_.size() - first;
    }

    // The point that `point` is a copy of and what it was decoded from; null where it comes from
    // no point of this run (a note kept from an earlier run is recognised as such).
    struct Source {
        const udf_point* point;
        const Origin* origin;
    };
    Source source_of(const udf_point& point) const noexcept {
        const auto note = reinterpret_cast<uint64_t>(point.origin);
        const size_t index = (note & 0xffffff) - 1;
        if (note >> 24 != (generation_ & 0xffffffffff) || index >= points_.size()) return {nullptr, nullptr};
        return {&points_[index], &origins_[index]};
    }

    // The frames of `points`, where that is a part of points() itself and its frames lie end to end.
    std::string_view frames_of(std::span<const udf_point> points) const noexcept {
        if (!end_to_end_ || !holds(points)) return {};
        const auto first = static_cast<size_t>(points.data() - points_.data());
        const char* const begin = origins_[first].frame().data();
        const std::string_view last = origins_[first + points.size() - 1].body();
        return {begin, static_cast<size_t>(last.data() + last.size() - begin)};
    }

private:
    bool parse(std::string_view body, udf_point& point, Origin& origin);

    std::vector<udf_point> points_;
    std::vector<Origin> origins_;
    Arena<udf_field> fields_;
    Arena<udf_tag> tags_;
    Arena<udf_str> dimensions_;
    bool end_to_end_ = true;
    bool non_finite_ = false;
    uint64_t generation_ = 1;
};

// Decodes a BeginBatch or EndBatch into `header`. In an EndBatch tmax is set, in a BeginBatch
// point_count (a negative or absurd hint counts as unknown). False where the bytes are malformed.
bool decode_begin(std::string_view body, BatchHeader& header);
bool decode_end(std::string_view body, BatchHeader& header);

// ---- Which message a frame holds ----

// Field numbers of the messages in Request and Response.
enum class Kind : uint8_t {
    none = 0,  // empty, or nothing that is known
    info = 1,
    init = 2,
    keepalive = 3,
    snapshot = 4,
    restore = 5,
    error = 6,
    begin = 16,
    point = 17,
    end = 18,
};

struct Message {
    Kind kind;
    std::string_view body;
};

// The message in the body of a Request or Response, where it holds exactly one in the ordinary
// form. Kind::none otherwise: leave such a frame to the generated code.
Message open_message(std::string_view body) noexcept;

// The point in the first frame of `bytes`, found in one step: nothing where that frame is not whole, is
// none of a point, or is longer than 16 KiB. Nearly all frames are found so.
struct PointFrame {
    const char* body = nullptr;  // its frame begins `prefix` bytes before
    uint32_t size = 0, prefix = 0;

    explicit operator bool() const noexcept { return body != nullptr; }
};
inline PointFrame find_point(std::string_view bytes) noexcept {
    constexpr size_t kMostPrefix = 6;
    if (bytes.size() < kMostPrefix) return {};
    const auto* const at = reinterpret_cast<const uint8_t*>(bytes.data());
    // Two lengths, of one or two bytes each, with the tag of a point in between.
    const uint32_t first = at[0] < 0x80 ? 1 : 2;
    const uint32_t frame_size = at[0] < 0x80 ? at[0] : (at[0] & 0x7fu) | uint32_t{at[1]} << 7;
    const uint8_t* const length = at + first + 2;
    const uint32_t second = length[0] < 0x80 ? 1 : 2;
    const uint32_t size = length[0] < 0x80 ? length[0] : (length[0] & 0x7fu) | uint32_t{length[1]} << 7;
    // A length of more than two bytes makes its second byte 0x80 or more, and so is too large for what follows.
    const bool usual = at[first] == 0x8a && at[first + 1] == 0x01 && frame_size == 2 + second + size &&
                       frame_size < 0x4000 && first + frame_size <= bytes.size();
    if (!usual) return {};
    const uint32_t prefix = first + 2 + second;
    return {bytes.data() + prefix, size, prefix};
}

}  // namespace wire
