// SPDX-License-Identifier: MIT
//
// The codec of data messages, held against protobuf's generated code: it decodes exactly what that
// accepts, to the same meaning. What is passed on keeps its bytes, and what is changed means, once
// encoded, what the changed struct says.
#include <google/protobuf/stubs/logging.h>
#include <udf.pb.h>

#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/check.h"
#include "fuzz/meaning.h"
#include "wire/decode.h"
#include "wire/encode.h"
#include "wire/frame.h"

using namespace fuzz;
using wire::Encoded;
using wire::Kind;

namespace {

std::string framed(std::string_view point) {
    std::string head(4 * wire::kMaxVarint, '\0');
    char* end = wire::put_varint(head.data(), 17 << 3 | 2);
    end = wire::put_varint(end, point.size());
    const std::string message(head.data(), end);
    end = wire::put_varint(head.data(), message.size() + point.size());
    return std::string(head.data(), end) + message + std::string(point);
}

struct Frame {
    Kind kind;
    std::string_view body;
};
std::vector<Frame> frames(std::string_view bytes) {
    std::vector<Frame> all;
    while (!bytes.empty()) {
        const wire::Split split = wire::split_frame(bytes);
        FUZZ_CHECK(split.status == wire::Split::whole);
        const wire::Message message = wire::open_message(split.body);
        FUZZ_CHECK(message.kind != Kind::none);
        all.push_back({message.kind, message.body});
        bytes.remove_prefix(split.frame.size());
    }
    return all;
}

Meaning encoded_point(std::string_view body) {
    const auto point = parsed<raw::Point>(body);
    FUZZ_CHECK(point);
    return Meaning(*point);
}

// ---- Decoding ----

bool add_to(wire::PointRun& run, std::string_view frame) {
    const std::string_view body = wire::open_message(wire::split_frame(frame).body).body;
    const auto expected = parsed<raw::Point>(body);
    const size_t before = run.points().size();
    const bool added = run.add(body, frame.size() - body.size());
    FUZZ_CHECK(added == expected.has_value());
    FUZZ_CHECK(run.points().size() == before + added);
    // The generated code refuses invalid UTF-8 besides, and nothing else.
    if (!added) FUZZ_CHECK(!parsed<kapacitor::udf::Point>(body));
    if (!added) return false;
    const udf_point& point = run.points().back();
    const Meaning meaning(*expected);
    FUZZ_CHECK(Meaning(point) == meaning);
    FUZZ_CHECK(point.tag_count == meaning.tags.size() && point.field_count == meaning.field_count());
    return true;
}

void check_header(const wire::BatchHeader& header, const std::string& name, const std::string& group, bool by_name,
                  const Texts& tags) {
    FUZZ_CHECK(text(header.batch.name) == name && text(header.batch.group) == group);
    FUZZ_CHECK((header.batch.by_name != 0) == by_name);
    FUZZ_CHECK(header.batch.tag_count == tags.size() && header.dimensions.size() == tags.size());
    for (const udf_tag& tag : header.tags) FUZZ_CHECK(tags.at(text(tag.key)) == text(tag.value));
}

bool decode_headers(std::string_view bytes, wire::BatchHeader& begin) {
    const auto expected_end = parsed<raw::End>(bytes);
    wire::BatchHeader end;
    FUZZ_CHECK(wire::decode_end(bytes, end) == expected_end.has_value());
    if (expected_end) {
        const auto& e = *expected_end;
        check_header(end, e.name(), e.group(), e.byname(), map_of<Texts>(e.tags()));
        FUZZ_CHECK(end.batch.tmax == e.tmax());
    }
    const auto expected = parsed<raw::Begin>(bytes);
    FUZZ_CHECK(wire::decode_begin(bytes, begin) == expected.has_value());
    if (!expected) return false;
    check_header(begin, expected->name(), expected->group(), expected->byname(), map_of<Texts>(expected->tags()));
    const int64_t hint = expected->size();
    FUZZ_CHECK(begin.batch.point_count == (hint > 0 && hint <= INT32_MAX ? static_cast<uint64_t>(hint) : 0));
    return true;
}

// ---- Encoding ----

// Members that a plugin might set, and the memory they are in.
class Changes {
public:
    explicit Changes(FuzzedDataProvider& input) : input_(input) {}

    // Fields of the point up to some place, then others; other members as the input says.
    void apply(udf_point& point) {
        const auto what = input_.ConsumeIntegral<uint8_t>();
        if (what & 1) change_fields(point);
        if (what & 2) point.time = input_.ConsumeIntegral<int64_t>();
        if (what & 4) point.name = point.group;
        if (what & 8) point.tag_count = input_.ConsumeIntegralInRange<uint32_t>(0, point.tag_count);
        if (what & 16) point.dimension_count = input_.ConsumeIntegralInRange<uint32_t>(0, point.dimension_count);
        if (what & 32) point.by_name = !point.by_name;
        if (what & 64) point.database = {"other", 5};
        if (what & 128) point.origin = nullptr;
    }

private:
    void change_fields(udf_point& point) {
        const auto kept = input_.ConsumeIntegralInRange<uint32_t>(0, point.field_count);
        fields_.emplace_back(point.fields, point.fields + kept);
        std::vector<udf_field>& fields = fields_.back();
        for (auto left = input_.ConsumeIntegralInRange<int>(0, 3); left > 0; --left) {
            udf_field& field = fields.emplace_back();
            field.name = left & 1 ? point.name : udf_str{"made", 4};
            field.value.type = input_.ConsumeIntegralInRange<uint32_t>(UDF_BOOL, UDF_STRING);
            if (field.value.type == UDF_STRING) {
                field.value.as.s = point.group.data;
                field.value.size = static_cast<uint32_t>(point.group.size);
            } else {
                const auto bits = input_.ConsumeIntegral<int64_t>();
                if (field.value.type == UDF_DOUBLE)
                    field.value.as.f = std::bit_cast<double>(bits);
                else
                    field.value.as.i = field.value.type == UDF_BOOL ? bits & 1 : bits;
            }
        }
        point.fields = fields.data();
        point.field_count = static_cast<uint32_t>(fields.size());
    }

    FuzzedDataProvider& input_;
    std::vector<std::vector<udf_field>> fields_;
};

void append_all(wire::Buffer& out, std::span<const udf_point> points, const wire::PointRun& run, size_t enough) {
    while (!points.empty()) {
        const auto [count, problem] = wire::append_points(out, points, run, out.size() + enough);
        FUZZ_CHECK(problem == Encoded::ok && count > 0);
        points = points.subspan(count);
    }
}

// A stream of points: any part of it, as it came and with changes here and there.
void check_stream(FuzzedDataProvider& input, const wire::PointRun& run, const std::vector<std::string>& came) {
    const size_t enough = input.ConsumeIntegralInRange<size_t>(1, 1000);
    const size_t first = input.ConsumeIntegralInRange<size_t>(0, came.size());
    const size_t count = input.ConsumeIntegralInRange<size_t>(0, came.size() - first);
    const auto part = run.points().subspan(first, count);
    std::string bytes;
    for (size_t i = first; i < first + count; ++i) bytes += came[i];
    const std::vector<udf_point> copies(part.begin(), part.end());
    for (const auto same : {part, std::span<const udf_point>(copies)}) {
        wire::Buffer out;
        append_all(out, same, run, enough);
        FUZZ_CHECK(out.view() == bytes);
    }

    std::vector<udf_point> points(run.points().begin(), run.points().end());
    Changes changes(input);
    for (udf_point& point : points) changes.apply(point);
    wire::Buffer out;
    append_all(out, points, run, enough);
    const auto got = frames(out.view());
    FUZZ_CHECK(got.size() == points.size());
    for (size_t i = 0; i < points.size(); ++i)
        FUZZ_CHECK(got[i].kind == Kind::point && encoded_point(got[i].body) == Meaning(points[i]));
}

// Of a point in a batch Kapacitor takes time, tags and fields; the rest it has from the batch.
void check_point_of_batch(Meaning got, Meaning expected) {
    for (Meaning* m : {&got, &expected}) {
        m->name.clear(), m->database.clear(), m->retention_policy.clear(), m->group.clear();
        m->dimensions.clear(), m->by_name = false;
    }
    FUZZ_CHECK(got == expected);
}

void check_batch(FuzzedDataProvider& input, const wire::PointRun& run, const wire::BatchHeader& header) {
    std::vector<udf_point> points(run.points().begin(), run.points().end());
    Changes changes(input);
    if (input.ConsumeBool())
        for (udf_point& point : points) changes.apply(point);
    udf_batch batch = header.batch;
    batch.tmax = input.ConsumeIntegral<int64_t>();
    batch.points = points.data();
    batch.point_count = points.size();
    wire::Buffer out;
    FUZZ_CHECK(wire::append_batch(out, batch, run) == Encoded::ok);
    const auto got = frames(out.view());
    FUZZ_CHECK(got.size() == points.size() + 2 && got.front().kind == Kind::begin && got.back().kind == Kind::end);
    const auto begin = parsed<raw::Begin>(got.front().body);
    const auto end = parsed<raw::End>(got.back().body);
    FUZZ_CHECK(begin && end && begin->size() == static_cast<int64_t>(points.size()) && end->tmax() == batch.tmax);
    check_header(header, begin->name(), begin->group(), begin->byname(), map_of<Texts>(begin->tags()));
    check_header(header, end->name(), end->group(), end->byname(), map_of<Texts>(end->tags()));
    for (size_t i = 0; i < points.size(); ++i) check_point_of_batch(encoded_point(got[i + 1].body), Meaning(points[i]));

    // As points of a stream they carry what the batch lent them.
    wire::Buffer as_stream;
    append_all(as_stream, points, run, SIZE_MAX / 2);
    const auto streamed = frames(as_stream.view());
    for (size_t i = 0; i < points.size(); ++i) FUZZ_CHECK(encoded_point(streamed[i].body) == Meaning(points[i]));
}

}  // namespace

// The input is points, cut into up to six pieces, but for its last bytes: these choose the cuts and
// what is changed. In a batch the first piece is begin and end.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const google::protobuf::LogSilencer quiet;
    constexpr size_t kChoices = 40;
    if (size < kChoices) return 0;
    FuzzedDataProvider choices(data + size - kChoices, kChoices);
    FuzzedDataProvider input(data, size - kChoices);
    const bool in_batch = choices.ConsumeBool();
    const bool end_to_end = choices.ConsumeBool();
    std::vector<std::string> bodies;
    for (auto cuts = choices.ConsumeIntegralInRange<int>(in_batch ? 1 : 0, 5); cuts > 0; --cuts)
        bodies.push_back(input.ConsumeBytesAsString(choices.ConsumeIntegral<uint16_t>()));
    bodies.push_back(input.ConsumeRemainingBytesAsString());

    wire::BatchHeader header;
    const Exactly head(in_batch ? bodies[0] : "");
    if (in_batch && !decode_headers(head.view(), header)) return 0;
    if (in_batch) bodies.erase(bodies.begin());

    std::vector<std::string> came;
    for (const std::string& body : bodies)
        if (parsed<raw::Point>(body) || came.empty()) came.push_back(framed(body));
    std::string joined;
    for (const std::string& frame : came) joined += frame;
    std::vector<Exactly> pieces;
    const Exactly stream(joined);
    wire::PointRun run;
    size_t at = 0;
    for (const std::string& frame : came) {
        const Exactly& own = pieces.emplace_back(frame);
        const std::string_view bytes = end_to_end ? stream.view().substr(at, frame.size()) : own.view();
        at += frame.size();
        if (!add_to(run, bytes)) return 0;
    }
    if (!in_batch) {
        check_stream(choices, run, came);
        return 0;
    }
    run.clear();
    at = 0;
    for (size_t i = 0; i < came.size(); at += came[i++].size()) {
        const std::string_view frame = stream.view().substr(at, came[i].size());
        const std::string_view body = wire::open_message(wire::split_frame(frame).body).body;
        FUZZ_CHECK(run.add(body, frame.size() - body.size(), header));
    }
    check_batch(choices, run, header);
    return 0;
}
