// SPDX-License-Identifier: MIT
#include "wire/encode.h"

#include <doctest/doctest.h>

#include <cmath>

#include "support/check_property.h"
#include "support/encoded_points.h"
#include "support/proto_points.h"
#include "wire/frame.h"

using namespace support;
using wire::Encoded;

namespace {

const wire::PointRun kNoRun;

std::vector<pb::Response> parse_all(const wire::Buffer& out) {
    std::vector<pb::Response> responses;
    std::string_view left = out.view();
    while (!left.empty()) {
        const wire::Split split = wire::split_frame(left);
        RC_ASSERT(split.status == wire::Split::whole);
        RC_ASSERT(responses.emplace_back().ParseFromArray(split.body.data(), static_cast<int>(split.body.size())));
        left.remove_prefix(split.frame.size());
    }
    return responses;
}

Encoded append_one(wire::Buffer& out, const udf_point& point, const wire::PointRun& run) {
    const auto [count, problem] = wire::append_points(out, {&point, 1}, run, SIZE_MAX);
    RC_ASSERT(count == (problem == Encoded::ok ? 1u : 0u));
    return problem;
}

pb::Point encode_one(const udf_point& point, const wire::PointRun& run) {
    wire::Buffer out;
    RC_ASSERT(append_one(out, point, run) == Encoded::ok);
    const auto responses = parse_all(out);
    RC_ASSERT(responses.size() == 1u);
    RC_ASSERT(responses[0].has_point());
    return responses[0].point();
}

// A random point as a message, by way of the generated parser.
pb::Point any_point() {
    pb::Point p;
    RC_ASSERT(p.ParseFromString(*any_point_bytes()));
    return pb::Point(p);
}

// As Kapacitor frames a point.
std::string framed(const std::string& body) {
    const std::string request = nested(17, body);
    return varint(request.size()) + request;
}

struct Decoded {
    std::string frame;
    wire::PointRun run;
    pb::Point message;

    explicit Decoded(const std::string& body) : frame(framed(body)) {
        RC_ASSERT(message.ParseFromString(body));
        RC_ASSERT(run.add(std::string_view(frame).substr(frame.size() - body.size()), frame.size() - body.size()));
    }
};

void keep_only_point_of_batch(pb::Point& p) {
    p.clear_name();
    p.clear_database();
    p.clear_retentionpolicy();
    p.clear_dimensions();
    p.clear_byname();
}

}  // namespace

TEST_CASE("a point built from nothing is encoded as the generated code reads it") {
    check_property([] {
        const pb::Point expected = any_point();
        const PointView view(expected);
        RC_ASSERT(meaning(encode_one(view.point(), kNoRun)) == meaning(expected));
    });
}

TEST_CASE("a point emitted unchanged keeps its bytes") {
    check_property([] {
        const Decoded in(*any_point_bytes());
        wire::Buffer out;
        RC_ASSERT(append_one(out, in.run.points()[0], in.run) == Encoded::ok);
        RC_ASSERT(out.view() == in.frame);
    });
}

TEST_CASE("a point with other fields means what a full encoding would") {
    check_property([] {
        const Decoded in(*any_point_bytes());
        const pb::Point other = any_point();
        const PointView view(other);
        udf_point changed = in.run.points()[0];
        changed.fields = view.fields().data();
        changed.field_count = static_cast<uint32_t>(view.fields().size());

        pb::Point expected = in.message;
        *expected.mutable_fieldsdouble() = other.fieldsdouble();
        *expected.mutable_fieldsint() = other.fieldsint();
        *expected.mutable_fieldsstring() = other.fieldsstring();
        *expected.mutable_fieldsbool() = other.fieldsbool();
        RC_ASSERT(meaning(encode_one(changed, in.run)) == meaning(expected));
    });
}

TEST_CASE("fields that stay at the front of a changed point keep their bytes and the rest means what it says") {
    size_t kept_some = 0;
    check_property([&] {
        const Decoded in(any_usual_point());
        const udf_point& source = in.run.points()[0];
        const auto kept = *rc::gen::inRange<size_t>(0, source.field_count + 1);
        const pb::Point other = any_point();
        const PointView view(other);
        std::vector<udf_field> fields(source.fields, source.fields + kept);
        for (const udf_field& f : view.fields()) fields.push_back(f);
        udf_point changed = source;
        changed.fields = fields.data();
        changed.field_count = static_cast<uint32_t>(fields.size());
        if (kept > 0) ++kept_some;

        // What a run without the source's bytes makes of it: a full encoding.
        RC_ASSERT(meaning(encode_one(changed, in.run)) == meaning(encode_one(changed, kNoRun)));
    });
    CHECK(kept_some > 0);
}

TEST_CASE("a field behind byName or in a longer form than need be is spliced right") {
    const std::string bool_field = nested(12, nested(1, "b") + tagged(2, 0) + varint(1));
    const std::string long_int = nested(9, nested(1, "i") + tagged(2, 0) + std::string("\x85\x00", 2));  // 5
    for (const std::string& body :
         {tagged(11, 0) + varint(1) + bool_field,
          nested(9, nested(1, "j") + tagged(2, 0) + varint(7)) + tagged(11, 0) + varint(1) + bool_field, long_int}) {
        const Decoded in(body);
        const udf_point& source = in.run.points()[0];
        udf_field more{};
        more.name = {"z", 1};
        more.value.type = UDF_INT;
        std::vector<udf_field> fields(source.fields, source.fields + source.field_count);
        fields.push_back(more);
        udf_point changed = source;
        changed.fields = fields.data();
        changed.field_count = static_cast<uint32_t>(fields.size());
        wire::Buffer spliced, full;
        REQUIRE(append_one(spliced, changed, in.run) == Encoded::ok);
        REQUIRE(append_one(full, changed, kNoRun) == Encoded::ok);
        CHECK(meaning(parse_all(spliced)[0].point()) == meaning(parse_all(full)[0].point()));
        CHECK(spliced.size() == full.size());  // byName once
    }
}

TEST_CASE("any part of a run leaves as the bytes that came") {
    check_property([] {
        std::vector<std::string> frames(*rc::gen::inRange<size_t>(1, 8));
        std::string stream;
        for (std::string& frame : frames) stream += frame = framed(*any_point_bytes());
        // Now and then the frames do not lie end to end, as where a block of input ends.
        const auto gap = *rc::gen::inRange<size_t>(0, 2 * frames.size());
        std::string moved = gap < frames.size() ? frames[gap] : "";
        wire::PointRun run;
        for (size_t i = 0, at = 0; i < frames.size(); at += frames[i++].size()) {
            const auto whole =
                i == gap ? std::string_view(moved) : std::string_view(stream).substr(at, frames[i].size());
            const std::string_view body = wire::open_message(wire::split_frame(whole).body).body;
            RC_ASSERT(run.add(body, whole.size() - body.size()));
        }
        const auto first = *rc::gen::inRange<size_t>(0, frames.size());
        const auto count = *rc::gen::inRange<size_t>(0, frames.size() - first + 1);
        std::string expected;
        for (size_t i = first; i < first + count; ++i) expected += frames[i];

        const std::span part = run.points().subspan(first, count);
        const std::vector<udf_point> copies(part.begin(), part.end());
        for (const std::span<const udf_point> points : {part, std::span<const udf_point>(copies)}) {
            wire::Buffer out;
            for (std::span<const udf_point> left = points; !left.empty();) {
                const auto [n, problem] = wire::append_points(out, left, run, *rc::gen::inRange<size_t>(0, 500));
                RC_ASSERT(problem == Encoded::ok);
                RC_ASSERT(n > 0u);
                left = left.subspan(n);
            }
            RC_ASSERT(out.view() == expected);
        }
    });
}

TEST_CASE("points come out with their neighbours in order where some are changed") {
    check_property([] {
        wire::PointRun run;
        std::vector<std::string> frames(*rc::gen::inRange<size_t>(1, 8));
        for (std::string& frame : frames) {
            frame = framed(*any_point_bytes());
            const std::string_view body = wire::open_message(wire::split_frame(frame).body).body;
            RC_ASSERT(run.add(body, frame.size() - body.size()));
        }
        std::vector<udf_point> points(run.points().begin(), run.points().end());
        for (udf_point& p : points) {
            if (*rc::gen::arbitrary<bool>()) p.time = *rc::gen::arbitrary<int64_t>();
            if (*rc::gen::arbitrary<bool>()) p.field_count = 0;
        }
        wire::Buffer out;
        RC_ASSERT(wire::append_points(out, points, run, SIZE_MAX).count == points.size());
        const auto responses = parse_all(out);
        RC_ASSERT(responses.size() == points.size());
        for (size_t i = 0; i < points.size(); ++i)
            RC_ASSERT(meaning(responses[i].point()) == meaning(encode_one(points[i], kNoRun)));
    });
}

TEST_CASE("a batch handed back keeps its bytes and one of its points in a stream does not") {
    wire::BatchHeader header;
    const std::string begin = nested(1, "cpu");
    REQUIRE(wire::decode_begin(begin, header));
    const std::string frame = framed(tagged(1, 0) + varint(7) + nested(8, nested(1, "v") + tagged(2, 1) + "12345678"));
    const std::string stream = frame + frame;
    wire::PointRun run;
    for (size_t at : {size_t{0}, frame.size()}) {
        const std::string_view whole = std::string_view(stream).substr(at, frame.size());
        const std::string_view body = wire::open_message(wire::split_frame(whole).body).body;
        REQUIRE(run.add(body, whole.size() - body.size(), header));
    }
    udf_batch batch = header.batch;
    batch.points = run.points().data();
    batch.point_count = 2;
    wire::Buffer out;
    REQUIRE(wire::append_batch(out, batch, run) == Encoded::ok);
    CHECK(out.view().find(stream) != std::string_view::npos);
    CHECK(parse_all(out).size() == 4);

    wire::Buffer as_stream;
    REQUIRE(wire::append_points(as_stream, run.points(), run, SIZE_MAX).count == 2);
    for (const pb::Response& response : parse_all(as_stream)) CHECK(response.point().name() == "cpu");
}

TEST_CASE("a point with any member changed means what a full encoding would") {
    check_property([] {
        const Decoded in(*any_point_bytes());
        const pb::Point other = any_point();
        const PointView view(other);
        udf_point changed = in.run.points()[0];
        pb::Point expected = in.message;
        switch (*rc::gen::inRange(0, 7)) {
            case 0:
                changed.time = other.time(), expected.set_time(other.time());
                break;
            case 1:
                changed.name = view.point().name, expected.set_name(other.name());
                break;
            case 2:
                changed.database = view.point().database, expected.set_database(other.database());
                break;
            case 3:
                changed.group = view.point().group, expected.set_group(other.group());
                break;
            case 4:
                changed.by_name = other.byname(), expected.set_byname(other.byname());
                break;
            case 5:
                changed.tags = view.point().tags;
                changed.tag_count = view.point().tag_count;
                *expected.mutable_tags() = other.tags();
                break;
            default:
                changed.dimensions = view.point().dimensions;
                changed.dimension_count = view.point().dimension_count;
                *expected.mutable_dimensions() = other.dimensions();
        }
        RC_ASSERT(meaning(encode_one(changed, in.run)) == meaning(expected));
    });
}

TEST_CASE("of a byName given twice the last one counts with other fields too") {
    const std::string field = nested(8, nested(1, "v") + tagged(2, 1) + std::string(8, '\0'));
    for (const char* flags : {"\1\0", "\0\1"}) {
        const Decoded in(tagged(11, 0) + std::string(flags, 1) + field + tagged(11, 0) + std::string(flags + 1, 1));
        udf_field other{};
        other.value.type = UDF_INT;
        udf_point changed = in.run.points()[0];
        changed.fields = &other;
        CHECK(encode_one(changed, in.run).byname() == (flags[1] != 0));
    }
}

TEST_CASE("a note of origin from an earlier run is not followed") {
    const std::string first = framed(nested(2, "first")), second = framed(nested(2, "second"));
    wire::PointRun run;
    const auto body = [](const std::string& frame) { return wire::open_message(wire::split_frame(frame).body).body; };
    REQUIRE(run.add(body(first), first.size() - body(first).size()));
    const udf_point kept = run.points()[0];
    run.clear();
    REQUIRE(run.add(body(second), second.size() - body(second).size()));
    CHECK(run.source_of(kept).point == nullptr);
    CHECK(encode_one(kept, run).name() == "first");
}

TEST_CASE("a batch leaves with equal begin and end and its true count") {
    check_property([] {
        std::vector<pb::Point> points(*rc::gen::inRange<size_t>(0, 5));
        for (auto& p : points) p = any_point();
        std::vector<std::unique_ptr<PointView>> views;
        std::vector<udf_point> array;
        for (auto& p : points) array.push_back(views.emplace_back(std::make_unique<PointView>(p))->point());
        const pb::Point head = any_point();
        const PointView head_view(head);

        udf_batch batch{};
        batch.points = array.data();
        batch.point_count = array.size();
        batch.name = head_view.point().name;
        batch.group = head_view.point().group;
        batch.tags = head_view.point().tags;
        batch.tag_count = head_view.point().tag_count;
        batch.by_name = head.byname();
        batch.tmax = head.time();
        wire::Buffer out;
        RC_ASSERT(wire::append_batch(out, batch, kNoRun) == Encoded::ok);

        const auto responses = parse_all(out);
        RC_ASSERT(responses.size() == points.size() + 2);
        const pb::BeginBatch& begin = responses.front().begin();
        const pb::EndBatch& end = responses.back().end();
        RC_ASSERT(begin.size() == static_cast<int64_t>(points.size()));
        RC_ASSERT(begin.name() == head.name());
        RC_ASSERT(end.name() == head.name());
        RC_ASSERT(begin.group() == head.group());
        RC_ASSERT(end.group() == head.group());
        RC_ASSERT(begin.byname() == head.byname());
        RC_ASSERT(end.byname() == head.byname());
        RC_ASSERT(end.tmax() == head.time());
        RC_ASSERT(begin.tags_size() == head.tags_size());
        for (const auto& [k, v] : head.tags()) RC_ASSERT(begin.tags().at(k) == v && end.tags().at(k) == v);
        for (size_t i = 0; i < points.size(); ++i) {
            keep_only_point_of_batch(points[i]);
            RC_ASSERT(meaning(responses[i + 1].point()) == meaning(points[i]));
        }
    });
}

TEST_CASE("a point of a batch emitted as a stream point carries what the batch lent it") {
    wire::BatchHeader header;
    const std::string begin = nested(1, "cpu") + nested(3, nested(1, "host") + nested(2, "a"));
    REQUIRE(wire::decode_begin(begin, header));
    const std::string frame = framed(tagged(1, 0) + varint(7));
    wire::PointRun run;
    const std::string_view body = wire::open_message(wire::split_frame(frame).body).body;
    REQUIRE(run.add(body, frame.size() - body.size(), header));
    const pb::Point out = encode_one(run.points()[0], run);
    CHECK(out.name() == "cpu");
    CHECK(out.dimensions_size() == 1);
}

TEST_CASE("what a plugin gets wrong is named and nothing is written") {
    wire::Buffer out;
    udf_point p{};
    p.field_count = 1;
    CHECK(append_one(out, p, kNoRun) == Encoded::null_pointer);
    udf_field field{};
    field.value.type = UDF_DURATION;
    p.fields = &field;
    CHECK(append_one(out, p, kNoRun) == Encoded::bad_type);
    field.value.type = UDF_STRING;
    field.value.size = 3;
    CHECK(append_one(out, p, kNoRun) == Encoded::null_pointer);
    p.field_count = UINT32_MAX;
    CHECK(append_one(out, p, kNoRun) == Encoded::too_long);
    p.field_count = 0;
    p.tag_count = 1;
    CHECK(append_one(out, p, kNoRun) == Encoded::null_pointer);
    p.tag_count = 0;
    p.name = {nullptr, 4};
    CHECK(append_one(out, p, kNoRun) == Encoded::null_pointer);
    p.name = {"x", SIZE_MAX};  // an end before its beginning
    CHECK(append_one(out, p, kNoRun) == Encoded::too_long);
    const std::string huge(wire::kFrameLimit, 'x');
    p.name = str(huge);
    CHECK(append_one(out, p, kNoRun) == Encoded::too_long);
    udf_batch batch{};
    batch.point_count = 1;
    CHECK(wire::append_batch(out, batch, kNoRun) == Encoded::null_pointer);
    batch.points = &p;
    CHECK(wire::append_batch(out, batch, kNoRun) == Encoded::ok);
    field.value.type = 99;
    p.fields = &field;
    p.field_count = 1;
    const size_t before = out.size();
    CHECK(wire::append_batch(out, batch, kNoRun) == Encoded::bad_type);
    CHECK(out.size() == before);
    for (const auto e : {Encoded::null_pointer, Encoded::bad_type, Encoded::too_long}) CHECK(wire::describe(e)[0]);
}
