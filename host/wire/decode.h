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
#include <span>
#include <string_view>
#include <vector>

namespace wire {

// What the encoder may re-use of a decoded point.
struct Origin {
    std::string_view frame;   // the whole frame, where it is that of a lone Point; else empty
    std::string_view body;    // the encoded Point
    size_t fields_begin = 0;  // where in body the first field is
    bool fields_last = true;  // fields and byName stand from fields_begin on, alone and only there
    bool in_batch = false;
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

    // Appends the encoded point; `frame` is the frame around it. False where the bytes are no Point:
    // then the run is as it was.
    bool add(std::string_view body, std::string_view frame);

    // The same for a point of a batch, which lends it its name, byName and, as dimensions, the
    // names of its tags: the points of a batch do not carry these.
    bool add(std::string_view body, std::string_view frame, const BatchHeader& header);

    std::span<const udf_point> points() const noexcept { return points_; }

    // The point that `point` is a copy of and what it was decoded from; null where it comes from
    // no point of this run (a note kept from an earlier run is recognised as such).
    struct Source {
        const udf_point* point;
        const Origin* origin;
    };
    Source source_of(const udf_point& point) const noexcept;

private:
    template <class T>
    static void ensure_room(std::vector<T>& items, std::vector<udf_point>& points, size_t begin,
                            const T* udf_point::*member);
    bool parse(std::string_view body, udf_point& point, Origin& origin);

    std::vector<udf_point> points_;
    std::vector<Origin> origins_;
    std::vector<udf_field> fields_;
    std::vector<udf_tag> tags_;
    std::vector<udf_str> dimensions_;
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

}  // namespace wire
