// SPDX-License-Identifier: MIT
#include "wire/frame.h"

#include <doctest/doctest.h>

#include <limits>

#include "support/check_property.h"
#include "wire/control.h"

using wire::Split;

TEST_CASE("a varint has the size that varint_size says") {
    support::check_property([](uint64_t value) {
        char bytes[wire::kMaxVarint];
        RC_ASSERT(static_cast<size_t>(wire::put_varint(bytes, value) - bytes) == wire::varint_size(value));
    });
    CHECK(wire::varint_size(0) == 1);
    CHECK(wire::varint_size(std::numeric_limits<uint64_t>::max()) == 10);
}

TEST_CASE("a frame is whole only with its last byte") {
    std::string bytes;
    wire::pb::Request request;
    request.mutable_init()->set_taskid(std::string(300, 't'));
    wire::append_frame(bytes, request);
    const std::string_view all = bytes;
    for (size_t n = 0; n < all.size(); ++n) {
        const Split split = wire::split_frame(all.substr(0, n));
        CHECK(split.status == Split::partial);
        CHECK(split.size == (n < 2 ? 0 : all.size()));
    }
    const std::string more = bytes + "next";
    const Split split = wire::split_frame(more);
    REQUIRE(split.status == Split::whole);
    CHECK(split.frame == bytes);
    CHECK(split.body == request.SerializeAsString());
}

TEST_CASE("a frame of no bytes is whole and empty") {
    const Split split = wire::split_frame(std::string_view("\0x", 2));
    CHECK(split.status == Split::whole);
    CHECK(split.body.empty());
    CHECK(split.frame.size() == 1);
}

TEST_CASE("a frame over the limit is refused before its body arrives") {
    char prefix[wire::kMaxVarint];
    const char* end = wire::put_varint(prefix, wire::kFrameLimit + 1);
    const Split split = wire::split_frame({prefix, static_cast<size_t>(end - prefix)});
    CHECK(split.status == Split::too_long);
    CHECK(wire::describe(split) == "a frame of 16777217 bytes is over the limit of 16777216 bytes");
    CHECK(wire::split_frame(std::string_view("\x05", 1), 4).status == Split::too_long);
    CHECK(wire::split_frame(std::string_view("\x04", 1), 4).status == Split::partial);
}

TEST_CASE("a length that is no varint is refused") {
    CHECK(wire::split_frame(std::string(10, '\xff')).status == Split::bad);
    CHECK(wire::split_frame(std::string(9, '\xff') + "\x02").status == Split::bad);
    CHECK(wire::split_frame(std::string(9, '\xff')).status == Split::partial);
}
