// SPDX-License-Identifier: MIT
//
// Messages as text and as JSON.
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "client/message_json.h"
#include "client/message_text.h"
#include "client/points.h"

namespace pb = kapacitor::udf;

namespace {

pb::Request init() {
    pb::Request request;
    request.mutable_init()->set_taskid("alert");
    request.mutable_init()->set_nodeid("mine2");
    pb::Option& field = *request.mutable_init()->add_options();
    field.set_name("field");
    field.add_values()->set_type(pb::STRING);
    field.mutable_values(0)->set_stringvalue("usage");
    pb::Option& every = *request.mutable_init()->add_options();
    every.set_name("every");
    every.add_values()->set_type(pb::DURATION);
    every.mutable_values(0)->set_durationvalue(10'000'000'000);
    return request;
}

}  // namespace

TEST_CASE("an Init is text as the TICKscript has its options") {
    CHECK(client::text_of(init()) == "init, task alert, node mine2: field('usage') every(10s)");
}

TEST_CASE("text of a message is one line whatever it holds") {
    pb::Response response;
    response.mutable_error()->set_error("two\nlines");
    CHECK(client::text_of(response) == "error: two lines");
    CHECK(client::text_of(pb::Response()) == "a message of an unknown kind");
}

TEST_CASE("a point of a batch is a line with the name and tags of the batch") {
    pb::BeginBatch batch;
    batch.set_name("cpu");
    (*batch.mutable_tags())["host"] = "a";
    pb::Point point;
    point.set_time(5);
    (*point.mutable_fieldsint())["v"] = 1;
    CHECK(client::line_of(point, &batch) == "cpu,host=a v=1i 5");
}

TEST_CASE("a point that no line can express is a comment that says why") {
    pb::Point point = client::point("m s=\"two\",v=1 5");
    (*point.mutable_fieldsstring())["s"] = "two\nlines";
    (*point.mutable_fieldsdouble())["v"] = NAN;
    CHECK(client::line_of(point) == "# no line protocol, it holds a NaN or an infinity: m s=\"two lines\",v=nan 5");
}

TEST_CASE("JSON of a message has all that is in it") {
    CHECK(client::json_of(init()).dump() ==
          R"({"init":{"taskID":"alert","nodeID":"mine2","options":[)"
          R"({"name":"field","values":[{"string":"usage"}]},{"name":"every","values":[{"duration":10000000000}]}]}})");
    pb::Response response;
    *response.mutable_point() = client::point("m,a=1 v=1,b=true 5");
    (*response.mutable_point()->mutable_fieldsdouble())["nan"] = NAN;
    response.mutable_point()->add_dimensions("a");
    CHECK(client::json_of(response).dump() ==
          R"({"point":{"time":5,"name":"m","database":"","retentionPolicy":"","group":"","dimensions":["a"],)"
          R"("byName":false,"tags":{"a":"1"},"fields":{"b":true,"nan":"nan","v":1.0}}})");
    (*response.mutable_info()->mutable_options())["size"].add_valuetypes(pb::INT);
    CHECK(client::json_of(response).dump() ==
          R"({"info":{"wants":"STREAM","provides":"STREAM","options":{"size":["INT"]}}})");
    response.mutable_snapshot()->set_snapshot("1234");
    CHECK(client::json_of(response).dump() == R"({"snapshot":{"bytes":4}})");
}
