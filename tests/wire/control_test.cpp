// SPDX-License-Identifier: MIT
#include "wire/control.h"

#include <doctest/doctest.h>

#include "wire/frame.h"
#include "wire/frame_reader.h"

TEST_CASE("a response without a message cannot be written") {
    wire::Buffer out;
    CHECK_THROWS_AS(wire::append_response(out, wire::pb::Response()), std::logic_error);
    CHECK(out.empty());
}

TEST_CASE("a response is one frame") {
    wire::Buffer out;
    wire::pb::Response response;
    response.mutable_error()->set_error("why");
    wire::append_response(out, response);
    const wire::Split split = wire::split_frame(out.view());
    REQUIRE(split.status == wire::Split::whole);
    CHECK(split.frame.size() == out.size());
    CHECK(split.body == response.SerializeAsString());
}

TEST_CASE("bytes that are no request are a protocol error") {
    CHECK_THROWS_AS(wire::parse_request("\x0a\x05"), wire::ProtocolError);
}
