// SPDX-License-Identifier: MIT
#include "client/group.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "client/points.h"

using namespace client;

namespace {

pb::Point grouped(std::string_view line, std::string_view by, bool by_name = false) {
    pb::Point p = point(line);
    put_in_group(parse_grouping(by, by_name), p);
    return p;
}

std::vector<std::string> dimensions(const pb::Point& p) { return {p.dimensions().begin(), p.dimensions().end()}; }

}  // namespace

TEST_CASE("without grouping all points are in one group without a name") {
    const pb::Point p = grouped("cpu,host=a v=1", "");
    CHECK(p.group().empty());
    CHECK(p.dimensions().empty());
    CHECK(!p.byname());
}

TEST_CASE("dimensions are in the order of their names") {
    const pb::Point p = grouped("cpu,host=a,cpu=cpu0 v=1", "host,cpu,host");
    CHECK(dimensions(p) == std::vector<std::string>{"cpu", "host"});
    CHECK(p.group() == "cpu=cpu0,host=a");
}

TEST_CASE("a star groups by whatever tags a point has") {
    CHECK(grouped("cpu,host=a,cpu=cpu0 v=1", "*").group() == "cpu=cpu0,host=a");
    CHECK(grouped("cpu v=1", "*").group().empty());
}

TEST_CASE("a point without the tag is in the group of the empty value") {
    const pb::Point p = grouped("cpu,cpu=cpu0 v=1", "host,cpu");
    CHECK(p.group() == "cpu=cpu0,host=");
    CHECK(dimensions(p) == std::vector<std::string>{"cpu", "host"});
}

TEST_CASE("grouping by name puts the name first on a line of its own") {
    const pb::Point p = grouped("cpu,host=a v=1", "host", true);
    CHECK(p.group() == "cpu\nhost=a");
    CHECK(p.byname());
}

TEST_CASE("grouping by name alone is the bare name") { CHECK(grouped("cpu,host=a v=1", "", true).group() == "cpu"); }

TEST_CASE("an empty tag name is refused") {
    CHECK_THROWS_WITH(parse_grouping("a,,b", false), "an empty tag name in 'a,,b'");
    CHECK_THROWS(parse_grouping("a,", false));
}
