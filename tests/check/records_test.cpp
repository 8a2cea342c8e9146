// SPDX-License-Identifier: MIT
#include "check/records.h"

#include <doctest/doctest.h>

#include <limits>

namespace {

check::Emitted of(check::Fields fields, int64_t time = 1) { return {.points = {{.time = time, .fields = fields}}}; }

}  // namespace

TEST_CASE("one NaN is as good as another, and nothing else is as good as NaN") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(difference(of({{"v", nan}}), of({{"v", -nan}})).empty());
    CHECK(difference(of({{"v", nan}}), of({{"v", 1.0}})) == "point 1 has field 'v' = 1, not nan");
}

TEST_CASE("a difference names the point and what it is in") {
    CHECK(difference(of({{"v", 1.0}}), of({{"v", int64_t{1}}})) == "point 1 has field 'v' = 1i, not 1");
    CHECK(difference(of({{"v", 1.0}}), of({{"w", 1.0}})) == "point 1 lacks field 'v'");
    CHECK(difference(of({{"v", 1.0}}), of({{"v", 1.0}}, 2)) == "point 1 has time 2, not 1");
    CHECK(difference(of({}), {}) == "0 points, not 1");
    CHECK(check::difference({.batches = {{.tmax = 1}}}, {.batches = {{.tmax = 2}}}) == "batch 1 has tmax 2, not 1");
}

TEST_CASE("a field that comes twice is compared both times") {
    CHECK(check::difference(of({{"v", 1.0}, {"v", 2.0}}), of({{"v", 1.0}, {"v", 2.0}})).empty());
    CHECK(difference(of({{"v", 1.0}}), of({{"v", 1.0}, {"v", 2.0}})) == "point 1 has 2 fields, not 1");
}
