// SPDX-License-Identifier: MIT
#include "wire/decode.h"

#include <doctest/doctest.h>

#include <google/protobuf/stubs/logging.h>

#include "support/check_property.h"
#include "support/encoded_points.h"
#include "support/proto_points.h"
#include "wire/frame.h"

using namespace support;

namespace {

udf_point decode_one(wire::PointRun& run, const std::string& bytes) {
    run.clear();
    REQUIRE(run.add(bytes, 0));
    return run.points()[0];
}

}  // namespace

TEST_CASE("a point decodes to what the generated code makes of it") {
    check_property([] {
        const std::string bytes = *any_point_bytes();
        pb::Point expected;
        RC_ASSERT(expected.ParseFromString(bytes));
        wire::PointRun run;
        RC_ASSERT(run.add(bytes, 0));
        const udf_point& p = run.points()[0];
        RC_ASSERT(meaning(to_proto(p)) == meaning(expected));
        // No key twice: what protobuf keeps once is there once.
        RC_ASSERT(p.tag_count == static_cast<size_t>(expected.tags_size()));
        RC_ASSERT(p.field_count == static_cast<size_t>(expected.fieldsdouble_size() + expected.fieldsint_size() +
                                                       expected.fieldsstring_size() + expected.fieldsbool_size()));
    });
}

TEST_CASE("bytes that are cut off or changed decode exactly where the generated code accepts them") {
    const google::protobuf::LogSilencer quiet;  // the generated code reports invalid UTF-8 on stderr
    check_property([] {
        std::string bytes = *rc::gen::suchThat(any_point_bytes(), [](const std::string& s) { return !s.empty(); });
        const auto at = *rc::gen::inRange<size_t>(0, bytes.size());
        if (*rc::gen::arbitrary<bool>())
            bytes.resize(at);
        else
            bytes[at] = *rc::gen::arbitrary<char>();
        pb::Point expected;
        const bool accepted = expected.ParseFromString(bytes);
        wire::PointRun run;
        const bool decoded = run.add(bytes, 0);
        // The generated code refuses invalid UTF-8 as well, which is not the codec's business.
        if (accepted) {
            RC_ASSERT(decoded);
            RC_ASSERT(meaning(to_proto(run.points()[0])) == meaning(expected));
        } else if (decoded) {
            RC_ASSERT(std::any_of(bytes.begin(), bytes.end(), [](char c) { return c & 0x80; }));
        }
    });
}

TEST_CASE("what is over 32 bits in a tag does not count") {
    wire::PointRun run;
    const std::string name = std::string("\x92\x80\x80\x80\x70", 5) + "\x01m";  // tag 18 and bits 32 to 34
    REQUIRE(run.add(name, {}));
    CHECK(text(run.points()[0].name) == "m");
    CHECK_FALSE(run.add(std::string("\x92\x80\x80\x80\x80\x00", 6) + "\x01m", {}));  // six bytes
}

TEST_CASE("the points of a run stay whole while the run grows") {
    check_property([] {
        const auto encoded = *rc::gen::container<std::vector<std::string>>(200, any_point_bytes());
        wire::PointRun run;
        for (const auto& bytes : encoded) RC_ASSERT(run.add(bytes, 0));
        RC_ASSERT(run.points().size() == encoded.size());
        for (size_t i = 0; i < encoded.size(); ++i) {
            pb::Point expected;
            RC_ASSERT(expected.ParseFromString(encoded[i]));
            RC_ASSERT(meaning(to_proto(run.points()[i])) == meaning(expected));
        }
    });
}

TEST_CASE("a malformed point leaves the run as it was") {
    wire::PointRun run;
    const std::string good = nested(8, nested(1, "x") + tagged(2, 1) + std::string(8, '\0'));
    REQUIRE(run.add(good, {}));
    CHECK_FALSE(run.add(good + good + "\xff", {}));
    REQUIRE(run.add(good, {}));
    REQUIRE(run.points().size() == 2);
    CHECK(run.points()[1].field_count == 1);
}

TEST_CASE("of many duplicates the last one wins in linear time") {
    std::string bytes;
    for (int round = 0; round < 2; ++round)
        for (int i = 0; i < 20'000; ++i)
            bytes +=
                nested(9, nested(1, "f" + std::to_string(i)) + tagged(2, 0) + varint(static_cast<uint64_t>(i + round)));
    wire::PointRun run;
    const udf_point p = decode_one(run, bytes);
    REQUIRE(p.field_count == 20'000);
    CHECK(p.fields[7].value.as.i == 8);
}

TEST_CASE("a point that is no more than the beginning of a member is refused") {
    for (const uint32_t number : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}) {
        wire::PointRun run;  // without memory for members
        CHECK_FALSE(run.add(tagged(number, number == 1 || number == 11 ? 0 : 2), 0));
    }
}

TEST_CASE("strings of a decoded point look into the encoded bytes") {
    const std::string bytes = nested(2, "cpu") + nested(7, nested(1, "host") + nested(2, "a"));
    wire::PointRun run;
    const udf_point p = decode_one(run, bytes);
    for (const udf_str s : {p.name, p.tags[0].key, p.tags[0].value}) {
        CHECK(s.data >= bytes.data());
        CHECK(s.data + s.size <= bytes.data() + bytes.size());
    }
}

TEST_CASE("a group of unknown fields is passed over and an unfinished one refused") {
    wire::PointRun run;
    const std::string whole = tagged(30, 3) + tagged(1, 0) + "\x05" + tagged(30, 4) + nested(2, "m");
    CHECK(run.add(whole, {}));
    CHECK(text(run.points()[0].name) == "m");
    CHECK_FALSE(run.add(tagged(30, 3) + tagged(1, 0) + "\x05", {}));
    CHECK_FALSE(run.add(tagged(30, 3) + tagged(31, 4), {}));
    CHECK_FALSE(run.add(tagged(30, 4), {}));
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += tagged(30, 3);
    CHECK_FALSE(run.add(deep, {}));
}

TEST_CASE("a point of a batch gets the name and dimensions of the batch") {
    wire::BatchHeader header;
    const std::string begin = nested(1, "cpu") + nested(2, "host=a") + nested(3, nested(1, "host") + nested(2, "a")) +
                              tagged(4, 0) + varint(3) + tagged(5, 0) + varint(1);
    REQUIRE(wire::decode_begin(begin, header));
    CHECK(header.batch.point_count == 3);
    CHECK(header.batch.by_name == 1);
    wire::PointRun run;
    const std::string bytes = tagged(1, 0) + varint(9);
    REQUIRE(run.add(bytes, {}, header));
    const udf_point& p = run.points()[0];
    CHECK(text(p.name) == "cpu");
    CHECK(p.by_name == 1);
    CHECK(text(p.group) == "host=a");
    REQUIRE(p.dimension_count == 1);
    CHECK(text(p.dimensions[0]) == "host");
}

TEST_CASE("begin and end of a batch decode to what the generated code makes of them") {
    check_property([] {
        std::string begin_bytes, end_bytes;
        const int pieces = *rc::gen::inRange(0, 10);
        for (int i = 0; i < pieces; ++i) {
            const std::string name = *any_name(), value = *any_name();
            const auto number = varint(*rc::gen::inRange<uint64_t>(0, 1000));
            switch (*rc::gen::inRange(0, 6)) {
                case 0:
                    begin_bytes += nested(1, name), end_bytes += nested(1, name);
                    break;
                case 1:
                    begin_bytes += nested(2, name), end_bytes += nested(2, name);
                    break;
                case 2:
                    begin_bytes += tagged(4, 0) + number, end_bytes += tagged(3, 0) + number;
                    break;
                case 3:
                    begin_bytes += tagged(5, 0) + "\1", end_bytes += tagged(5, 0) + "\1";
                    break;
                case 4:
                    begin_bytes += *any_unknown(), end_bytes += *any_unknown();
                    break;
                default:
                    begin_bytes += nested(3, nested(1, name) + nested(2, value));
                    end_bytes += nested(4, nested(1, name) + nested(2, value));
            }
        }
        pb::BeginBatch begin;
        pb::EndBatch end;
        RC_ASSERT(begin.ParseFromString(begin_bytes));
        RC_ASSERT(end.ParseFromString(end_bytes));
        wire::BatchHeader header;
        const auto tags_equal = [&](const auto& expected) {
            RC_ASSERT(header.batch.tag_count == static_cast<size_t>(expected.size()));
            for (const udf_tag& t : header.tags) RC_ASSERT(expected.at(text(t.key)) == text(t.value));
        };
        RC_ASSERT(wire::decode_begin(begin_bytes, header));
        RC_ASSERT(text(header.batch.name) == begin.name());
        RC_ASSERT(text(header.batch.group) == begin.group());
        RC_ASSERT(header.batch.point_count == static_cast<uint64_t>(begin.size()));
        RC_ASSERT((header.batch.by_name != 0) == begin.byname());
        tags_equal(begin.tags());
        RC_ASSERT(wire::decode_end(end_bytes, header));
        RC_ASSERT(text(header.batch.name) == end.name());
        RC_ASSERT(header.batch.tmax == end.tmax());
        tags_equal(end.tags());
    });
}

TEST_CASE("a negative or absurd size hint counts as unknown") {
    wire::BatchHeader header;
    REQUIRE(wire::decode_begin(tagged(4, 0) + varint(static_cast<uint64_t>(-1)), header));
    CHECK(header.batch.point_count == 0);
    REQUIRE(wire::decode_begin(tagged(4, 0) + varint(uint64_t{1} << 40), header));
    CHECK(header.batch.point_count == 0);
}

TEST_CASE("a message is opened only in its ordinary form") {
    CHECK(wire::open_message(nested(17, "body")).kind == wire::Kind::point);
    CHECK(wire::open_message(nested(17, "body")).body == "body");
    CHECK(wire::open_message(nested(1, "")).kind == wire::Kind::info);
    CHECK(wire::open_message("").kind == wire::Kind::none);
    CHECK(wire::open_message(nested(17, "a") + nested(17, "b")).kind == wire::Kind::none);
    CHECK(wire::open_message(nested(7, "")).kind == wire::Kind::none);
    CHECK(wire::open_message(nested(19, "")).kind == wire::Kind::none);
    CHECK(wire::open_message(tagged(17, 0) + "\1").kind == wire::Kind::none);
    CHECK(wire::open_message(nested(17, "body").substr(0, 5)).kind == wire::Kind::none);
}

TEST_CASE("a point at the front of the input is found exactly where frame and message say so") {
    check_property([] {
        const std::string point = *any_point_bytes();
        std::string body = nested(17, point);
        if (*rc::gen::inRange(0, 4) == 0)
            body = *rc::gen::element<std::string>("", nested(16, ""), nested(1, "x"), "\x8a");
        std::string bytes = varint(body.size()) + body + std::string(*rc::gen::inRange<size_t>(0, 4), '\xff');
        if (*rc::gen::inRange(0, 3) == 0 && !bytes.empty())
            bytes[*rc::gen::inRange<size_t>(0, std::min<size_t>(bytes.size(), 8))] = *rc::gen::arbitrary<char>();
        bytes.resize(*rc::gen::inRange<size_t>(bytes.size() / 2, bytes.size() + 1));
        const auto found = wire::find_point(bytes);
        if (!found) return;  // what is not found goes the long way
        const wire::Split split = wire::split_frame(bytes);
        RC_ASSERT(split.status == wire::Split::whole);
        const wire::Message message = wire::open_message(split.body);
        RC_ASSERT(message.kind == wire::Kind::point);
        RC_ASSERT(message.body == std::string_view(found.body, found.size));
        RC_ASSERT(message.body.data() == found.body);
        RC_ASSERT(split.frame.size() == found.prefix + found.size);
    });
}

TEST_CASE("ordinary points are found in one step") {
    for (const size_t size : {size_t{20}, size_t{125}, size_t{126}, size_t{130}, size_t{300}, size_t{16'000}}) {
        const std::string point = nested(2, std::string(size, 'x'));
        const std::string body = nested(17, point);
        const std::string bytes = varint(body.size()) + body;
        CHECK(wire::find_point(bytes));
        CHECK_FALSE(wire::find_point(std::string_view(bytes).substr(0, bytes.size() - 1)));
    }
}

TEST_CASE("a frame that holds more than a point is not taken for one") {
    const std::string body = nested(17, "") + nested(17, std::string(20, 'x'));
    CHECK_FALSE(wire::find_point(varint(body.size()) + body));
}

TEST_CASE("a large point with many members decodes whole") {
    std::string bytes;
    for (int i = 0; i < 20'000; ++i) {
        const std::string name = "field" + std::to_string(i);
        bytes += nested(9, nested(1, name) + tagged(2, 0) + varint(static_cast<uint64_t>(i)));
    }
    wire::PointRun run;
    const udf_point p = decode_one(run, bytes);
    REQUIRE(p.field_count == 20'000);
    for (int64_t i = 0; i < 20'000; ++i) CHECK(p.fields[i].value.as.i == i);
}
