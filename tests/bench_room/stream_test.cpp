// SPDX-License-Identifier: MIT
#include "bench/stream.h"

#include <doctest/doctest.h>
#include <udf.pb.h>

#include <set>
#include <string_view>
#include <vector>

#include "wire/frame.h"

using bench::Shape;
using kapacitor::udf::Request;

namespace {

std::vector<Request> parse(std::string_view bytes) {
    std::vector<Request> requests;
    while (!bytes.empty()) {
        const wire::Split split = wire::split_frame(bytes);
        REQUIRE(split.status == wire::Split::whole);
        REQUIRE(requests.emplace_back().ParseFromArray(split.body.data(), static_cast<int>(split.body.size())));
        bytes.remove_prefix(split.frame.size());
    }
    return requests;
}

}  // namespace

TEST_CASE("the same arguments give the same bytes") {
    for (const size_t batch_size : {0, 10})
        CHECK(bench::make_stream({Shape::cpu, 16, batch_size}).bytes ==
              bench::make_stream({Shape::cpu, 16, batch_size}).bytes);
}

TEST_CASE("points have the size and the members of their shape") {
    for (const auto& [shape, size, fields] : {std::tuple{Shape::small, 92.0, 1}, std::tuple{Shape::cpu, 357.0, 10}}) {
        const bench::Stream stream = bench::make_stream({shape, 16, 0});
        CHECK(static_cast<double>(stream.bytes.size()) / static_cast<double>(stream.points) ==
              doctest::Approx(size).epsilon(0.05));
        const std::vector<Request> requests = parse(stream.bytes);
        CHECK(requests.size() == stream.points);
        for (const Request& request : requests) {
            REQUIRE(request.has_point());
            CHECK(request.point().fieldsdouble_size() == fields);
            CHECK(request.point().fieldsdouble().contains(bench::kField));
        }
    }
}

TEST_CASE("points go round as many groups as are asked for") {
    const bench::Stream stream = bench::make_stream({Shape::small, 1000, 0});
    std::set<std::string> groups;
    for (const Request& request : parse(stream.bytes)) {
        const auto& point = request.point();
        CHECK(point.group() == "host=" + point.tags().at("host"));
        groups.insert(point.group());
    }
    CHECK(groups.size() == 1000);
}

TEST_CASE("pieces end where messages end and add up to the stream") {
    for (const size_t batch_size : {0, 10, 1000}) {
        const bench::Stream stream = bench::make_stream({Shape::small, 16, batch_size});
        size_t begin = 0, points = 0;
        for (const auto& piece : stream.pieces) {
            size_t in_piece = 0;
            const auto requests = parse(std::string_view(stream.bytes).substr(begin, piece.end - begin));
            for (const Request& request : requests) in_piece += request.has_point();
            CHECK(in_piece == piece.points);
            if (batch_size > 0) CHECK(requests.front().has_begin());
            if (batch_size > 0) CHECK(requests.back().has_end());
            begin = piece.end;
            points += piece.points;
        }
        CHECK(begin == stream.bytes.size());
        CHECK(points == stream.points);
        CHECK(stream.in_batches == (batch_size > 0));
    }
}

TEST_CASE("a batch begins and ends alike and holds as many points as it says") {
    const bench::Stream stream = bench::make_stream({Shape::cpu, 4, 10});
    const auto batch = parse(std::string_view(stream.bytes).substr(0, stream.first_end));
    REQUIRE(batch.size() == 12);
    CHECK(batch.front().begin().size() == 10);
    CHECK(batch.front().begin().group() == batch.back().end().group());
    CHECK(batch.front().begin().tags().at("host") == batch.back().end().tags().at("host"));
    for (size_t i = 1; i < 11; ++i) CHECK(batch[i].point().group() == batch.front().begin().group());
}
