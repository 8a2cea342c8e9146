// SPDX-License-Identifier: MIT
//
// Micro-benchmarks of wire/, the data path without channel, lock and plugin. An iteration is one
// piece of a stream (about 128 KiB, so that it stays in the cache, as what was just read does).
// Items are points, bytes are those of their frames on the way in. A benchmark that does not do what
// it says reports an error.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <udf_plugin.hpp>
#include <vector>

#include "bench/stream.h"
#include "wire/decode.h"
#include "wire/encode.h"
#include "wire/frame_reader.h"

using benchmark::State;

namespace {

// The first piece of a stream, its frames split and, for a batch, its header decoded.
struct Piece {
    explicit Piece(bench::Shape shape, size_t batch_size = 0) {
        const bench::Stream stream = bench::make_stream({.shape = shape, .batch_size = batch_size});
        bytes = stream.bytes.substr(0, stream.pieces.front().end);
        for (std::string_view rest = bytes; !rest.empty();) {
            const wire::Split split = wire::split_frame(rest);
            const wire::Message message = wire::open_message(split.body);
            if (message.kind == wire::Kind::point)
                points.push_back({message.body, split.frame});
            else if (message.kind == wire::Kind::begin && points.empty())
                wire::decode_begin(message.body, header);
            rest.remove_prefix(split.frame.size());
        }
    }

    struct Point {
        std::string_view body, frame;
    };
    std::string bytes;
    std::vector<Point> points;
    wire::BatchHeader header;
};

void finish(State& state, const Piece& piece, bool right) {
    if (!right) state.SkipWithError("the result is not what it should be");
    state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(piece.points.size()));
    state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(piece.bytes.size()));
}

// ---- Frames ----

void split_frames(State& state, bench::Shape shape) {
    const Piece piece(shape);
    size_t frames = 0;
    for (auto _ : state) {
        frames = 0;
        for (std::string_view rest = piece.bytes; !rest.empty(); ++frames) {
            const wire::Split split = wire::split_frame(rest);
            benchmark::DoNotOptimize(wire::open_message(split.body));
            rest.remove_prefix(split.frame.size());
        }
    }
    finish(state, piece, frames == piece.points.size());
}

// Gives the same bytes over and over.
class Repeat : public wire::Channel {
public:
    explicit Repeat(std::string_view bytes) : bytes_(bytes) {}
    Moved read(char* to, size_t size) override {
        const size_t n = std::min(size, bytes_.size() - at_);
        std::memcpy(to, bytes_.data() + at_, n);
        at_ = (at_ + n) % bytes_.size();
        return {Status::ok, n};
    }
    Moved write(const char*, size_t size) override { return {Status::ok, size}; }
    Ready wait(Ready interest, Timeout) override { return interest; }
    void wake() noexcept override {}
    void close_output() override {}

private:
    std::string_view bytes_;
    size_t at_ = 0;
};

void read_frames(State& state, bench::Shape shape) {
    const Piece piece(shape);
    Repeat channel(piece.bytes);
    wire::FrameReader reader;
    size_t frames = 0;
    for (auto _ : state) {
        for (frames = 0; frames < piece.points.size(); ++frames) {
            wire::Split split = reader.peek();
            while (split.status != wire::Split::whole) {
                reader.fill(channel);
                split = reader.peek();
            }
            reader.take(split);
        }
    }
    finish(state, piece, reader.buffered() == 0);
}

// ---- Decode ----

void decode_stream(State& state, bench::Shape shape) {
    const Piece piece(shape);
    wire::PointRun run;
    for (auto _ : state) {
        run.clear();
        for (const auto& [body, frame] : piece.points) run.add(body, frame.size() - body.size());
        benchmark::DoNotOptimize(run.points().data());
    }
    finish(state, piece, run.points().size() == piece.points.size());
}

void decode_batch(State& state, bench::Shape shape) {
    const Piece piece(shape, 1000);
    wire::PointRun run;
    for (auto _ : state) {
        run.clear();
        for (const auto& [body, frame] : piece.points) run.add(body, frame.size() - body.size(), piece.header);
        benchmark::DoNotOptimize(run.points().data());
    }
    finish(state, piece, run.points().size() == piece.points.size() && run.points().front().dimension_count == 1);
}

// ---- Encode ----

// Whether `encoded` is frames of these points.
bool means(std::string_view encoded, const std::vector<udf_point>& points) {
    wire::PointRun run;
    for (wire::Split split; !encoded.empty(); encoded.remove_prefix(split.frame.size())) {
        split = wire::split_frame(encoded);
        const std::string_view body = wire::open_message(split.body).body;
        if (split.status != wire::Split::whole || !run.add(body, split.frame.size() - body.size())) return false;
    }
    return std::ranges::equal(run.points(), points, [](const udf_point& a, const udf_point& b) {
        return a.time == b.time && udf::view(a.group) == udf::view(b.group) && a.tag_count == b.tag_count &&
               a.field_count == b.field_count && udf::view(a.fields[0].name) == udf::view(b.fields[0].name) &&
               a.fields[0].value.as.f == b.fields[0].value.as.f;
    });
}

// What an algorithm does to the points before it emits them.
enum class Change { none, other_fields, everything };

void encode(State& state, bench::Shape shape, Change change) {
    const Piece piece(shape);
    wire::PointRun run;
    for (const auto& [body, frame] : piece.points) run.add(body, frame.size() - body.size());
    const udf_field mean = udf::field("avg", 1.5);
    std::vector<udf_point> points(run.points().begin(), run.points().end());
    for (udf_point& p : points) {
        if (change == Change::everything) p.origin = nullptr;
        if (change == Change::other_fields) p.fields = &mean, p.field_count = 1;
    }

    wire::Buffer out;
    for (auto _ : state) {
        out.truncate(0);
        wire::append_points(out, points, run, SIZE_MAX);
        benchmark::DoNotOptimize(out.view().data());
    }
    finish(state, piece, means(out.view(), points));
}

void encode_unchanged(State& state, bench::Shape shape) { encode(state, shape, Change::none); }
void encode_other_fields(State& state, bench::Shape shape) { encode(state, shape, Change::other_fields); }
void encode_in_full(State& state, bench::Shape shape) { encode(state, shape, Change::everything); }

}  // namespace

int main(int argc, char** argv) {
    const struct {
        const char* name;
        void (*run)(State&, bench::Shape);
    } benchmarks[] = {
        {"split_frames", split_frames},         {"read_frames", read_frames},
        {"decode/stream", decode_stream},       {"decode/batch", decode_batch},
        {"encode/unchanged", encode_unchanged}, {"encode/one_other_field", encode_other_fields},
        {"encode/in_full", encode_in_full},
    };
    for (const auto& [name, run] : benchmarks)
        for (const bench::Shape shape : {bench::Shape::small, bench::Shape::cpu})
            benchmark::RegisterBenchmark(fmt::format("{}/{}", name, name_of(shape)).c_str(), run, shape);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
