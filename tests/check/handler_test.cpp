// SPDX-License-Identifier: MIT
#include "check/handler.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "check/algorithms.h"
#include "check/inputs.h"

namespace {

using check::Handler;
using check::HandlerFailed;
using check::Violation;
using on_trial::algorithm;

const check::Point kPoint{.time = 5, .fields = {{"v", 1.5}}, .tags = {{"host", "a"}}, .name = "cpu"};

// What a handler with these `points` is said to have done wrong.
std::string violation(decltype(udf_algorithm::points) points) {
    udf_algorithm a = algorithm();
    a.points = points;
    Handler handler(a, {});
    try {
        handler.points({{kPoint}});
    } catch (const Violation& e) {
        return e.what();
    } catch (const HandlerFailed& e) {
        return e.what();
    }
    return "nothing";
}

}  // namespace

TEST_CASE("what is emitted is kept as it was, when the memory it came from is gone") {
    const udf_algorithm a = algorithm();
    Handler handler(a, {});
    handler.feed({.points = {kPoint, kPoint}}, 1);
    handler.stop();
    handler.destroy();
    CHECK(difference({.points = {kPoint, kPoint}}, handler.take()).empty());
    CHECK(handler.take().size() == 0);
}

TEST_CASE("an exception that crosses the interface is told with its type") {
    CHECK(violation([](void*, const udf_point*, size_t) -> int { throw std::range_error("far"); }) ==
          "let an exception leave points and cross the interface (std::range_error: far)");
    CHECK(violation([](void*, const udf_point*, size_t) -> int { throw 7; }) ==
          "let an exception leave points and cross the interface (int)");
}

TEST_CASE("a status that is none, and an end of the stream that nobody has told, are violations") {
    CHECK(violation([](void*, const udf_point*, size_t) { return 7; }) == "returned 7 from points, which is no status");
    CHECK(violation([](void*, const udf_point*, size_t) { return int{UDF_CLOSED}; }) ==
          "said in points that the stream has ended, which it had not");
}

TEST_CASE("a failure without a message is told from one with") {
    CHECK(violation([](void*, const udf_point*, size_t) { return int{UDF_ERROR}; }) ==
          "points returned an error without a message");
    CHECK(violation([](void* self, const udf_point*, size_t) {
              const auto* const host = static_cast<const udf_host*>(self);
              host->fail(host, "no", 2);
              return int{UDF_OK};
          }) == "points failed: no");
}

TEST_CASE("points that cannot be read are not read") {
    CHECK(violation([](void* self, const udf_point* points, size_t) {
              const auto* const host = static_cast<const udf_host*>(self);
              udf_point bad = *points;
              bad.fields = nullptr;
              bad.field_count = 1000;
              return host->emit_points(host, &bad, 1);
          }) == "points failed: it emitted a point with a count or a size without the array that it is of");
}

TEST_CASE("output of the other edge fails, as it does in the host") {
    CHECK(violation([](void* self, const udf_point*, size_t) {
              const auto* const host = static_cast<const udf_host*>(self);
              const udf_batch batch{};
              return host->emit_batch(host, &batch);
          }) == "points failed: it emitted a batch, but it provides a stream");
}

TEST_CASE("a stream that ends takes so many emits and no more") {
    const udf_algorithm a = algorithm();
    Handler handler(a, {});
    handler.close_after(1);
    handler.feed({.points = {kPoint, kPoint, kPoint}}, 1);
    CHECK(handler.take().size() == 1);
    CHECK(handler.refused_emits() == 2);
}

TEST_CASE("a batch comes whole, or as begin, points and end") {
    udf_algorithm whole = algorithm(UDF_BATCH, UDF_BATCH);
    whole.batch = [](void* self, const udf_batch* batch) {
        const auto* const host = static_cast<const udf_host*>(self);
        return host->emit_batch(host, batch);
    };
    const check::Batch batch{.name = "cpu", .group = "g", .tmax = 9, .points = {kPoint}};
    Handler handler(whole, {});
    handler.batch(batch);
    CHECK(difference({.batches = {batch}}, handler.take()).empty());

    udf_algorithm in_parts = algorithm(UDF_BATCH, UDF_STREAM);
    in_parts.begin_batch = [](void*, const udf_batch* b) {
        return b->points == nullptr && b->tmax == 0 && b->point_count == 1 ? int{UDF_OK} : int{UDF_ERROR};
    };
    in_parts.end_batch = [](void*, const udf_batch* b) {
        return b->points == nullptr && b->tmax == 9 ? int{UDF_OK} : int{UDF_ERROR};
    };
    Handler other(in_parts, {});
    other.batch(batch);
    CHECK(difference({.points = {kPoint}}, other.take()).empty());
}
