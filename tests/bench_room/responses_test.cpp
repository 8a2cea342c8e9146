// SPDX-License-Identifier: MIT
#include "bench/responses.h"

#include <doctest/doctest.h>
#include <udf.pb.h>

#include <string>

#include "client/session.h"
#include "support/pipe.h"
#include "wire/frame.h"

using kapacitor::udf::Response;

namespace {

template <class Fill>
std::string frame(Fill&& fill) {
    Response response;
    fill(response);
    std::string bytes;
    wire::append_frame(bytes, response);
    return bytes;
}

const std::string kPoint = frame([](Response& r) { r.mutable_point()->set_name(std::string(300, 'x')); });
const std::string kBatch = frame([](Response& r) { r.mutable_begin()->set_name("b"); }) + kPoint +
                           frame([](Response& r) { r.mutable_end()->set_name("b"); });
const std::string kKeepalive = frame([](Response& r) { r.mutable_keepalive()->set_time(1); });

// All that comes out of `bytes`, written in pieces of `size`.
struct Counted {
    Counted(const std::string& bytes, size_t size) {
        for (size_t at = 0; at < bytes.size(); at += size) {
            pipe.put(std::string_view(bytes).substr(at, size));
            const bool more = responses.read();
            REQUIRE(more);
        }
        pipe.write.reset();
        while (responses.read()) {
        }
    }
    support::Pipe pipe;
    client::Interrupt interrupt;
    bench::Responses responses{pipe.read.get(), interrupt};
};

}  // namespace

TEST_CASE("responses are counted however they are cut") {
    const std::string bytes = kPoint + kKeepalive + kBatch + kPoint + kKeepalive;
    for (const size_t size : {size_t{1}, size_t{2}, size_t{7}, size_t{301}, bytes.size()}) {
        const Counted counted(bytes, size);
        CHECK(counted.responses.points() == 3);
        CHECK(counted.responses.batches() == 1);
        CHECK(counted.responses.keepalives() == 2);
    }
}

TEST_CASE("a response larger than the buffer is counted") {
    const std::string large = frame([](Response& r) { r.mutable_point()->set_name(std::string(700'000, 'x')); });
    const Counted counted(kPoint + large + kPoint, 4096);
    CHECK(counted.responses.points() == 3);
}

TEST_CASE("an error response is thrown with its text") {
    const std::string error = frame([](Response& r) { r.mutable_error()->set_error("out of luck"); });
    CHECK_THROWS_WITH_AS(Counted(kPoint + error, 1000), "out of luck", client::UdfError);
}

TEST_CASE("what is no response is a protocol error") {
    CHECK_THROWS_AS(Counted(std::string(20, '\xff'), 20), client::ProtocolError);
    CHECK_THROWS_AS(Counted(std::string(1, '\0'), 1), client::ProtocolError);
    CHECK_THROWS_AS(Counted(kPoint.substr(0, 100), 100), client::ProtocolError);
}
