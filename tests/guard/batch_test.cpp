// SPDX-License-Identifier: MIT
#include <string>

#include "guarded.h"

using namespace guarded;
using guard::Guard;
using guard::Rule;

namespace {

// A batch of group host=a, as it came.
struct Batch {
    std::string bytes = support::nested(1, "cpu") + support::nested(2, "host=a") +
                        support::nested(3, support::nested(1, "host") + support::nested(2, "a"));
    wire::BatchHeader header;
    wire::PointRun run;

    explicit Batch(std::initializer_list<std::string> bodies) : bodies_(bodies) {
        REQUIRE(wire::decode_begin(bytes, header));
        for (const std::string& body : bodies_) REQUIRE(run.add(body, 0, header));
    }
    udf_batch whole(int64_t tmax) const {
        udf_batch batch = header.batch;
        batch.points = run.points().data();
        batch.point_count = run.points().size();
        batch.tmax = tmax;
        return batch;
    }

private:
    std::vector<std::string> bodies_;
};

void check_refused(const udf_batch& batch, const wire::PointRun& run, const wire::BatchHeader* input, Rule rule,
                   guard::Policy policy = {}) {
    policy.mode = guard::Mode::strict;
    Guard strict("wild", policy);
    const auto refused = strict.check(batch, run, input);
    CHECK(refused.batch == nullptr);
    CHECK(refused.problem.find(guard::info(rule).row) != std::string::npos);
    policy.mode = guard::Mode::off;
    Guard off("wild", policy);
    CHECK(off.check(batch, run, input).batch == &batch);
}

}  // namespace

TEST_CASE("a batch handed back leaves as it is") {
    const Batch input{encoded("a", 7), encoded("a", 9)};
    const udf_batch batch = input.whole(9);
    Guard guard("calm", {});
    CHECK(guard.check(batch, input.run, &input.header).batch == &batch);
    const udf_batch empty = [&] {
        udf_batch b = batch;
        b.point_count = 0;
        return b;
    }();
    CHECK(guard.check(empty, input.run, &input.header).batch == &empty);
    CHECK(guard.counters().text().empty());
}

TEST_CASE("tmax is no less than the time of any point") {
    const Batch input{encoded("a", 7), encoded("a", 9), encoded("a", 8)};
    const udf_batch batch = input.whole(3);
    Guard guard("wild", {});
    const auto checked = guard.check(batch, input.run, &input.header);
    REQUIRE(checked.batch);
    CHECK(checked.batch->tmax == 9);
    CHECK(checked.batch->points == batch.points);
    CHECK(guard.counters().text() == "tmax 1");
    check_refused(batch, input.run, &input.header, Rule::tmax);
}

TEST_CASE("a batch over the limit is dropped whole and not read") {
    const Batch input{encoded("a", 7)};
    udf_batch batch = input.whole(9);
    batch.point_count = 11;
    guard::Policy policy;
    policy.batch_limit = 10;
    Guard guard("wild", policy);
    const auto checked = guard.check(batch, input.run, &input.header);
    CHECK(checked.batch == nullptr);
    CHECK(checked.problem.empty());
    CHECK(guard.counters().text() == "batch-limit 1");
    policy.mode = guard::Mode::strict;
    Guard strict("wild", policy);
    CHECK(strict.check(batch, input.run, &input.header).problem.find("K7") != std::string::npos);
}

TEST_CASE("a batch built from nothing is of the group that came") {
    const Batch input{encoded("a", 7)};
    Made made = Made({number("avg", 1)});
    made.point.time = 0;
    udf_batch batch{};
    batch.points = &made.point;
    batch.point_count = 1;
    batch.tmax = 9;
    Guard guard("wild", {});
    const auto checked = guard.check(batch, input.run, &input.header);
    REQUIRE(checked.batch);
    CHECK(view(checked.batch->name) == "cpu");
    CHECK(view(checked.batch->group) == "host=a");
    REQUIRE(checked.batch->tag_count == 1);
    REQUIRE(checked.batch->point_count == 1);
    const udf_point& p = checked.batch->points[0];
    CHECK(p.time == 7);
    REQUIRE(p.tag_count == 1);
    CHECK(view(p.tags[0].value) == "a");
    made.point.time = 5;
    check_refused(batch, input.run, &input.header, Rule::group);
}

TEST_CASE("a batch of a stream is of the group of the points that came") {
    const Input input{encoded("a", 7)};
    const std::vector<udf_point> points{input[0]};
    udf_batch batch{};
    batch.points = points.data();
    batch.point_count = 1;
    batch.tmax = 7;
    Guard guard("wild", {});
    const auto checked = guard.check(batch, input.run, nullptr);
    REQUIRE(checked.batch);
    CHECK(view(checked.batch->name) == "cpu");
    REQUIRE(checked.batch->tag_count == 1);
    CHECK(view(checked.batch->tags[0].value) == "a");
    CHECK(checked.batch->points == points.data());
    CHECK(guard.learns());
}

TEST_CASE("points of a batch are mended and dropped as those of a stream") {
    const Batch input{encoded("a", 7), encoded("a", 8)};
    const std::vector<udf_field> bad{integer("x\n", 1)};
    const std::vector<udf_point> points{with_fields(input.run.points()[0], {}),
                                        with_fields(input.run.points()[1], bad)};
    udf_batch batch = input.whole(8);
    batch.points = points.data();
    batch.name = str("cpu\n");
    Guard guard("wild", {});
    const auto checked = guard.check(batch, input.run, &input.header);
    REQUIRE(checked.batch);
    REQUIRE(checked.batch->point_count == 1);
    CHECK(view(checked.batch->points[0].fields[0].name) == "x ");
    CHECK(view(checked.batch->name) == "cpu ");
    CHECK(guard.counters().text() == "incomplete 1, newline 2");
    check_refused(batch, input.run, &input.header, Rule::newline);
}
