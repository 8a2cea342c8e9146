// SPDX-License-Identifier: MIT
#include "client/plot_data.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "client/group.h"
#include "client/points.h"

using namespace client;

namespace {

using Names = std::vector<std::string>;

pb::Point of_host(const std::string& line) {
    pb::Point made = point(line);
    put_in_group(parse_grouping("host", false), made);
    return made;
}

void send(PlotData& data, const std::string& line) {
    pb::Request request;
    *request.mutable_point() = of_host(line);
    data.sent(request);
}

void receive(PlotData& data, const std::string& line) {
    pb::Response response;
    *response.mutable_point() = of_host(line);
    data.received(response);
}

}  // namespace

TEST_CASE("numbers are gathered by field and group") {
    PlotData data({}, {});
    send(data, "m,host=a v=1,n=2i,s=\"x\",b=true 1");
    send(data, "m,host=b v=3 2");
    send(data, "m,host=a v=4 3");
    CHECK(data.groups() == Names{"host=a", "host=b"});
    CHECK(data.input_fields() == Names{"n", "v"});
    CHECK(data.input().points == 3);
    CHECK(data.input().fields.at("v") == PlotData::Groups{{{1, 1}, {3, 4}}, {{2, 3}}});
    CHECK(data.input().fields.at("n") == PlotData::Groups{{{1, 2}}});
    CHECK(data.output().fields.empty());
}

TEST_CASE("the points of a batch are in its group") {
    PlotData data({}, {});
    pb::Request request;
    request.mutable_begin()->set_group("host=b");
    data.sent(request);
    *request.mutable_point() = point("m v=1 1");
    data.sent(request);
    request.mutable_end()->set_group("host=b");
    data.sent(request);
    send(data, "m,host=a v=1 1");
    CHECK(data.groups() == Names{"host=b", "host=a"});
}

TEST_CASE("fields that are named are gathered and no others of the input") {
    PlotData data({"v", "nothing"}, {"w"});
    send(data, "m v=1,w=2,x=3 1");
    receive(data, "m v=1,w=2,made=4 1");
    CHECK(data.input_fields() == Names{"v"});
    CHECK(data.output().fields.size() == 2);
    CHECK(data.output().fields.contains("made"));
    CHECK(data.missing_fields() == Names{"nothing"});
}

TEST_CASE("fields that the options name are what it is about once the input has one") {
    PlotData data({}, {"kapacitor", "w"});
    send(data, "m v=1 1");
    send(data, "m v=1,w=2 2");
    receive(data, "m v=1,w=2 2");
    CHECK(data.input_fields() == Names{"w"});
    CHECK(data.output().fields.size() == 1);
    CHECK(data.missing_fields().empty());
}

TEST_CASE("no more is kept than the limits allow and what is left out is said") {
    PlotData data({}, {}, {.values = 3, .groups = 2, .fields = 1});
    send(data, "m,host=a v=1,w=1 1");
    CHECK(data.input_fields().size() == 1);
    CHECK(data.left_out().size() == 1);
    for (const char* const host : {"a", "b", "c", "d"})
        for (int i = 0; i < 5; ++i) send(data, std::string("m,host=") + host + " v=1,w=1 " + std::to_string(i));
    CHECK(data.groups().size() == 2);
    size_t kept = 0;
    for (const auto& samples : data.input().fields.begin()->second) kept += samples.size();
    CHECK(kept == 3);
    CHECK(data.left_out().size() == 3);
    CHECK(data.left_out().front() == "Only the first 3 values are in the picture.");
}
