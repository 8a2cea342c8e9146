// SPDX-License-Identifier: MIT
#include "client/session.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "client/fake_function.h"
#include "client/points.h"

using namespace client;
using Peer = FakeFunction::Peer;

namespace {

pb::Request request_of(const pb::Point& point) {
    pb::Request request;
    *request.mutable_point() = point;
    return request;
}

pb::Response response_of(const pb::Point& point) {
    pb::Response response;
    *response.mutable_point() = point;
    return response;
}

}  // namespace

TEST_CASE("info answers what the function declares") {
    FakeFunction function([](Peer& peer) {
        peer.read();
        pb::Response response;
        response.mutable_info()->set_provides(pb::BATCH);
        (*response.mutable_info()->mutable_options())["size"].add_valuetypes(pb::INT);
        peer.write(response);
    });
    Session session(function.channel());
    const pb::InfoResponse info = session.info();
    CHECK(info.wants() == pb::STREAM);
    CHECK(info.provides() == pb::BATCH);
    CHECK(info.options().at("size").valuetypes(0) == pb::INT);
}

TEST_CASE("init carries options and names") {
    pb::InitRequest got;
    {
        FakeFunction function([&](Peer& peer) {
            got = peer.read()->init();
            pb::Response response;
            response.mutable_init()->set_success(true);
            peer.write(response);
        });
        pb::Option option;
        option.set_name("size");
        option.add_values()->set_intvalue(3);
        Session(function.channel()).init({option, option}, "task", "node");
    }
    CHECK(got.options_size() == 2);
    CHECK(got.options(1).values(0).intvalue() == 3);
    CHECK(got.taskid() == "task");
    CHECK(got.nodeid() == "node");
}

TEST_CASE("an init that does not succeed throws its text") {
    FakeFunction function([](Peer& peer) {
        peer.read();
        pb::Response response;
        response.mutable_init()->set_error("size must be over 0");
        peer.write(response);
    });
    Session session(function.channel());
    CHECK_THROWS_WITH_AS(session.init({}, "t", "n"), "size must be over 0", UdfError);
}

TEST_CASE("snapshot and restore and keepalive are answered among data") {
    FakeFunction function(mirror);
    int points = 0;
    Session session(function.channel(), [&](pb::Response&& response) { points += response.has_point(); });
    session.send(request_of(point("m v=1 1")));
    CHECK(session.snapshot() == "state");
    CHECK(points == 1);
    session.send(request_of(point("m v=1 2")));
    session.restore("state");
    CHECK(session.keepalive(42) == 42);
    session.finish();
    CHECK(points == 2);
}

TEST_CASE("everything sent comes back from a mirror in its order") {
    constexpr int kPoints = 50'000;
    FakeFunction function(mirror);
    int64_t next = 0;
    bool in_order = true;
    Session session(function.channel(), [&](pb::Response&& r) { in_order &= r.point().time() == next++; });
    pb::Request request = request_of(point("cpu,host=a,cpu=cpu0 idle=97.5,user=2i,on=true 0"));
    for (int i = 0; i < kPoints; ++i) {
        request.mutable_point()->set_time(i);
        session.send(request);
    }
    session.finish();
    CHECK(next == kPoints);
    CHECK(in_order);
}

TEST_CASE("a function that writes much before it reads blocks nobody") {
    constexpr int kPoints = 50'000;
    FakeFunction function([](Peer& peer) {
        const pb::Response response = response_of(point("cpu,host=a idle=97.5 0"));
        for (int i = 0; i < kPoints; ++i) peer.write(response);
        while (peer.read()) {
        }
    });
    int points = 0;
    Session session(function.channel(), [&](pb::Response&&) { ++points; });
    const pb::Request request = request_of(point("cpu,host=a idle=97.5 0"));
    for (int i = 0; i < kPoints; ++i) session.send(request);
    session.finish();
    CHECK(points == kPoints);
}

TEST_CASE("a function that does not read is not sent more and more") {
    FakeFunction function([](Peer& peer) {
        const pb::Response response = response_of(point("cpu v=1 0"));
        for (int i = 0; i < 2000; ++i) peer.write(response);
        peer.fail("enough");
    });
    Session session(function.channel(), [](pb::Response&&) {});
    const pb::Request request = request_of(point("cpu,host=a idle=97.5 0"));
    size_t most = 0;
    CHECK_THROWS_AS(
        for (;;) {
            session.send(request);
            most = std::max(most, session.backlog());
        },
        UdfError);
    CHECK(most < 1u << 20);
}

TEST_CASE("what is emitted after the end of the input is taken") {
    FakeFunction function([](Peer& peer) {
        while (peer.read()) {
        }
        peer.write(response_of(point("m last=1 9")));
    });
    std::vector<int64_t> times;
    Session session(function.channel(), [&](pb::Response&& r) { times.push_back(r.point().time()); });
    session.send(request_of(point("m v=1 1")));
    session.finish();
    CHECK(times == std::vector<int64_t>{9});
}

TEST_CASE("an error response is thrown with its text") {
    FakeFunction function([](Peer& peer) { peer.fail("division by zero"); });
    Session session(function.channel(), [](pb::Response&&) {});
    CHECK_THROWS_WITH_AS(session.finish(), "division by zero", UdfError);
}

TEST_CASE("data before an error are handed out") {
    FakeFunction function([](Peer& peer) {
        peer.write(response_of(point("m v=1 1")));
        peer.fail("no");
    });
    int points = 0;
    Session session(function.channel(), [&](pb::Response&&) { ++points; });
    CHECK_THROWS_AS(session.finish(), UdfError);
    CHECK(points == 1);
}

TEST_CASE("an end before the answer is told") {
    FakeFunction function([](Peer& peer) { peer.read(); });
    Session session(function.channel());
    CHECK_THROWS_WITH_AS(session.info(), "the function ended before it answered Info", ProtocolError);
}

TEST_CASE("a torn response is told with its offset") {
    FakeFunction function([](Peer& peer) {
        peer.write(response_of(point("m v=1 1")));
        peer.write_bytes("\x20\x01\x02\x03\x04");
    });
    Session session(function.channel(), [](pb::Response&&) {});
    std::string frame;
    wire::append_frame(frame, response_of(point("m v=1 1")));
    CHECK_THROWS_WITH_AS(
        session.finish(),
        ("the output ends inside a frame: 5 bytes of it came, at byte " + std::to_string(frame.size())).c_str(),
        ProtocolError);
}

TEST_CASE("bytes that are no response are told with their offset") {
    FakeFunction function([](Peer& peer) { peer.write_bytes("\x05hello"); });
    Session session(function.channel(), [](pb::Response&&) {});
    CHECK_THROWS_WITH_AS(session.finish(),
                         "the frame at byte 0 of the output is no response: its 5 bytes cannot be parsed",
                         ProtocolError);
}

TEST_CASE("text on stdout is told as what it is") {
    FakeFunction function([](Peer& peer) { peer.write_bytes("hello\nworld\n"); });
    Session session(function.channel(), [](pb::Response&&) {});
    CHECK_THROWS_WITH_AS(session.finish(), doctest::Contains("does it print to stdout? the bytes are 'hello'"),
                         ProtocolError);
}

TEST_CASE("a length that is none is told with its offset") {
    FakeFunction function([](Peer& peer) { peer.write_bytes(std::string(10, '\xff')); });
    Session session(function.channel(), [](pb::Response&&) {});
    CHECK_THROWS_WITH_AS(session.finish(), doctest::Contains("at byte 0 of the output: the length of a frame"),
                         ProtocolError);
}

TEST_CASE("an empty response is refused since it would crash Kapacitor") {
    FakeFunction function([](Peer& peer) { peer.write_bytes(std::string(1, '\0')); });
    Session session(function.channel(), [](pb::Response&&) {});
    CHECK_THROWS_WITH_AS(session.finish(), doctest::Contains("empty or of an unknown kind"), ProtocolError);
}

TEST_CASE("an answer that nobody asked for is refused") {
    FakeFunction function([](Peer& peer) {
        pb::Response response;
        response.mutable_snapshot();
        peer.write(response);
    });
    Session session(function.channel(), [](pb::Response&&) {});
    CHECK_THROWS_WITH_AS(session.finish(), "Snapshot was answered though nothing was asked", ProtocolError);
}

TEST_CASE("a keepalive may come unasked") {
    FakeFunction function([](Peer& peer) {
        pb::Response response;
        response.mutable_keepalive()->set_time(1);
        peer.write(response);
        mirror(peer);
    });
    Session session(function.channel());
    CHECK(session.info().wants() == pb::BATCH);
}

TEST_CASE("data where none may come are refused") {
    FakeFunction function([](Peer& peer) { peer.write(response_of(point("m v=1 1"))); });
    Session session(function.channel());
    CHECK_THROWS_WITH_AS(session.finish(), "the function emitted data though it got none", ProtocolError);
}
