// SPDX-License-Identifier: MIT
#include "client/difference.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "client/points.h"

using client::differences;
namespace pb = kapacitor::udf;
using Lines = std::vector<std::string>;

namespace {

pb::Response answer(const char* line) {
    pb::Response response;
    *response.mutable_point() = client::point(line);
    return response;
}

}  // namespace

TEST_CASE("points with the same tags and fields mean the same in whatever order") {
    CHECK(differences(answer("m,a=1,b=2 x=1,y=2i 5"), answer("m,b=2,a=1 y=2i,x=1 5")).empty());
}

TEST_CASE("a NaN is the same as a NaN and not as a number") {
    pb::Response a = answer("m v=1 5"), b = a;
    (*a.mutable_point()->mutable_fieldsdouble())["v"] = NAN;
    CHECK(differences(a, b) == Lines{"field v: nan, now 1"});
    (*b.mutable_point()->mutable_fieldsdouble())["v"] = -NAN;
    CHECK(differences(a, b).empty());
}

TEST_CASE("each member of a point that differs is named") {
    CHECK(differences(answer("m,a=1,b=2 x=1,y=2i,z=\"s\" 5"), answer("n,a=3 x=1i,y=2i,w=true 6")) ==
          Lines{"time: 5, now 6", "name: 'm', now 'n'", "tag a: '1', now '3'", "tag b: '2', now none",
                "field w: none, now true", "field x: 1, now 1i", "field z: \"s\", now none"});
    pb::Response a = answer("m v=1 5"), b = a;
    a.mutable_point()->set_group("a=1");
    a.mutable_point()->add_dimensions("a");
    b.mutable_point()->set_byname(true);
    CHECK(differences(a, b) == Lines{"group: 'a=1', now ''", "dimensions: 'a', now ''", "byName: false, now true"});
}

TEST_CASE("the size that a batch announces does not count") {
    pb::Response a, b;
    a.mutable_begin()->set_size(5);
    b.mutable_begin()->set_group("g");
    CHECK(differences(a, b) == Lines{"group: '', now 'g'"});
}

TEST_CASE("the end of a batch differs by its time") {
    pb::Response a, b;
    a.mutable_end()->set_tmax(5);
    b.mutable_end()->set_tmax(6);
    CHECK(differences(a, b) == Lines{"tmax: 5, now 6"});
}

TEST_CASE("snapshots are told apart by whether there is one") {
    pb::Response a, b;
    a.mutable_snapshot()->set_snapshot("one");
    b.mutable_snapshot()->set_snapshot("another");
    CHECK(differences(a, b).empty());
    b.mutable_snapshot()->clear_snapshot();
    CHECK(differences(a, b) == Lines{"has a state: true, now false"});
}

TEST_CASE("another option makes another Info") {
    pb::Response a, b;
    (*a.mutable_info()->mutable_options())["size"].add_valuetypes(pb::INT);
    (*b.mutable_info()->mutable_options())["size"].add_valuetypes(pb::DURATION);
    b.mutable_info()->set_wants(pb::BATCH);
    CHECK(differences(a, b) == Lines{"wants: 'STREAM', now 'BATCH'", "options: 'size(int)', now 'size(duration)'"});
}

TEST_CASE("answers to Init and Restore differ by success and error") {
    pb::Response a, b;
    a.mutable_init()->set_success(true);
    b.mutable_init()->set_error("no");
    CHECK(differences(a, b) == Lines{"success: true, now false", "error: '', now 'no'"});
    a.mutable_restore()->set_success(true);
    CHECK(differences(a, b) == Lines{"it is a message of another kind"});
}
