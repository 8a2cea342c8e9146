// SPDX-License-Identifier: MIT
#include "agent/agent.h"

#include <doctest/doctest.h>

#include <algorithm>

#include <stdexcept>
#include <thread>

#include "agent/on_trial.h"

using namespace on_trial;

TEST_CASE("Info is answered without Init and the end is clean") {
    hooks = {};
    const Result r = run(info());
    CHECK(r.clean);
    REQUIRE(r.size() == 1);
    CHECK(r[0].info().wants() == kapacitor::udf::STREAM);
    CHECK(r[0].info().provides() == kapacitor::udf::STREAM);
}

TEST_CASE("replies and points keep their order") {
    hooks = {};
    for (const size_t piece : {size_t{1}, size_t{13}, SIZE_MAX}) {
        const Result r = run(init() + point(1) + keepalive(7) + point(2) + point(3) + info() + point(4), piece);
        CHECK(r.clean);
        REQUIRE(r.size() == 7);
        CHECK(r[0].init().success());
        CHECK(r[1].point().time() == 1);
        CHECK(r[2].keepalive().time() == 7);
        CHECK(r[3].point().time() == 2);
        CHECK(r[4].point().time() == 3);
        CHECK(r[5].has_info());
        CHECK(r[6].point().time() == 4);
    }
}

TEST_CASE("a handler that refuses its options makes Init fail with its words") {
    hooks = {};
    hooks.create = [](udf::Host, const udf::Args&) { throw std::invalid_argument("size must be positive"); };
    const Result r = run(init() + point(1));
    CHECK_FALSE(r.clean);
    REQUIRE(r.size() == 1);
    CHECK_FALSE(r[0].init().success());
    CHECK(r[0].init().error() == "stream_test: size must be positive");
}

TEST_CASE("an option the algorithm does not have makes Init fail") {
    hooks = {};
    Request request;
    request.mutable_init()->add_options()->set_name("field");
    const Result r = run(frame(request));
    REQUIRE(r.size() == 1);
    CHECK(r[0].init().error() == "stream_test: there is no option 'field'");
}

TEST_CASE("what fails in points goes out last and names plugin algorithm task node and cause") {
    hooks = {};
    hooks.points = [](udf::Host host, std::span<const udf::Point> points) {
        host.emit(points[0]);
        throw std::runtime_error("division by zero");
    };
    const Result r = run(init() + point(1) + point(2) + keepalive(1));
    CHECK_FALSE(r.clean);
    REQUIRE(r.size() == 3);
    CHECK(r[1].point().time() == 1);
    CHECK(error_of(r) == "stream_test (plugin test.so), task cpu_alert, node stream_test2: division by zero");
}

TEST_CASE("a handler may fail from a thread of its own") {
    hooks = {};
    hooks.points = [](udf::Host host, std::span<const udf::Point>) {
        std::thread([host] { host.fail("the model server is gone"); }).join();
    };
    CHECK(error_of(run(init() + point(1))).ends_with(": the model server is gone"));
}

TEST_CASE("of several failures the first message wins") {
    hooks = {};
    hooks.points = [](udf::Host host, std::span<const udf::Point>) {
        host.fail("first");
        throw std::runtime_error("second");
    };
    CHECK(error_of(run(init() + point(1))).ends_with(": first"));
}

TEST_CASE("stop may still emit and comes after the last point") {
    hooks = {};
    std::vector<std::string> calls;
    hooks.points = [&](udf::Host, std::span<const udf::Point>) { calls.push_back("points"); };
    hooks.stop = [&](udf::Host host) {
        calls.push_back("stop");
        udf_point p = made(1);
        p.time = 99;
        host.emit(p);
    };
    hooks.destroy = [&](udf::Host) { calls.push_back("destroy"); };
    const Result r = run(init() + point(1));
    CHECK(r.clean);
    CHECK(calls == std::vector<std::string>{"points", "stop", "destroy"});
    REQUIRE(r.size() == 2);
    CHECK(r[1].point().time() == 99);
}

TEST_CASE("all callbacks come from the thread that serves") {
    hooks = {};
    std::vector<std::thread::id> threads;
    const auto note = [&] { threads.push_back(std::this_thread::get_id()); };
    hooks.create = [&](udf::Host, const udf::Args&) { note(); };
    hooks.points = [&](udf::Host, std::span<const udf::Point>) { note(); };
    hooks.snapshot = [&](udf::Sink) { note(); };
    hooks.restore = [&](uint32_t, std::string_view) { note(); };
    hooks.stop = [&](udf::Host) { note(); };
    hooks.destroy = [&](udf::Host) { note(); };
    std::thread server([] { run(init() + point(1) + snapshot()); });
    const auto expected = server.get_id();
    server.join();
    CHECK(threads == std::vector<std::thread::id>(5, expected));
}

TEST_CASE("what a thread of the plugin emits before Init is answered comes after the answer") {
    hooks = {};
    hooks.create = [](udf::Host host, const udf::Args&) {
        std::thread([host] {
            udf_point p = made(1);
            p.time = 5;
            host.emit(p);
        }).join();
    };
    const Result r = run(init());
    REQUIRE(r.size() == 2);
    CHECK(r[0].init().success());
    CHECK(r[1].point().time() == 5);
}

TEST_CASE("emits after the end are told that the stream has ended") {
    hooks = {};
    bool closed = false;
    hooks.destroy = [&](udf::Host host) {
        udf_point p = made(1);
        try {
            host.emit(p);
        } catch (const udf::Closed&) {
            closed = true;
        }
    };
    run(init());
    CHECK(closed);
}

TEST_CASE("a handler that fails from a thread while it is made is destroyed and refused") {
    hooks = {};
    int destroyed = 0;
    hooks.create = [](udf::Host host, const udf::Args&) { std::thread([host] { host.fail("no device"); }).join(); };
    hooks.destroy = [&](udf::Host) { ++destroyed; };
    const Result r = run(init() + point(1));
    CHECK(destroyed == 1);
    REQUIRE(r.size() == 1);
    CHECK(r[0].init().error() == "stream_test: no device");
}

TEST_CASE("a constructor that says closed has failed") {
    hooks = {};
    hooks.create = [](udf::Host, const udf::Args&) { throw udf::Closed(); };
    const Result r = run(init() + point(1));
    REQUIRE(r.size() == 1);
    CHECK_FALSE(r[0].init().success());
}

TEST_CASE("a reason that is not UTF-8 reaches Kapacitor readable") {
    hooks = {};
    hooks.points = [](udf::Host, std::span<const udf::Point>) { throw std::runtime_error("bad \xff byte"); };
    CHECK(error_of(run(init() + point(1))).ends_with(": bad \xef\xbf\xbd byte"));
}

TEST_CASE("emitting a null pointer fails the handler and not the host") {
    hooks = {};
    hooks.points = [](udf::Host host, std::span<const udf::Point>) {
        host.emit(std::span(static_cast<const udf::Point*>(nullptr), 3));
    };
    CHECK(error_of(run(init() + point(1))).ends_with(": emitted points that are a null pointer"));
}

TEST_CASE("a reply has left before the next call begins") {
    hooks = {};
    logging::set_level(logging::Level::off);
    MemoryChannel channel(init() + keepalive(7) + point(1));
    size_t written = 0;
    hooks.points = [&](udf::Host, std::span<const udf::Point>) { written = parse(true, channel.written()).size(); };
    agent::Agent(*udf::detail::algorithm<StreamHandler>(), "test.so", channel).serve();
    CHECK(written == 2);
}

// ---- Snapshots ----

TEST_CASE("a snapshot restores into a new handler") {
    hooks = {};
    hooks.snapshot = [](udf::Sink sink) {
        sink.write("half ");
        sink.write("and half");
    };
    const Result first = run(init() + snapshot());
    REQUIRE(first.size() == 2);
    std::string restored;
    hooks.restore = [&](uint32_t version, std::string_view state) {
        restored = std::to_string(version) + std::string(state);
    };
    const Result second = run(init() + restore(first[1].snapshot().snapshot()) + point(1));
    REQUIRE(second.size() == 3);
    CHECK(second[1].restore().success());
    CHECK(restored == "1half and half");
}

TEST_CASE("an algorithm without state answers with an empty snapshot and refuses one") {
    hooks = {};
    const Result r = run<BatchHandler>(init() + snapshot() + restore("anything"));
    CHECK_FALSE(r.clean);
    REQUIRE(r.size() == 3);
    CHECK(r[1].snapshot().snapshot().empty());
    CHECK(r[2].restore().error() == "batch_test: the algorithm keeps no state, so none can be restored");
}

TEST_CASE("a snapshot that is damaged or refused by the plugin ends the task with the reason") {
    hooks = {};
    CHECK(
        run(init() + restore("garbage"))[1].restore().error().starts_with("stream_test: the snapshot was not made by"));
    hooks.snapshot = [](udf::Sink sink) { sink.write("x"); };
    const std::string good = run(init() + snapshot())[1].snapshot().snapshot();
    hooks.restore = [](uint32_t, std::string_view) { throw std::runtime_error("from another size"); };
    const Result r = run(init() + restore(good));
    CHECK_FALSE(r.clean);
    CHECK(r[1].restore().error() == "stream_test: from another size");
}

TEST_CASE("a snapshot that fails keeps the task going with the last good one") {
    hooks = {};
    int calls = 0;
    hooks.snapshot = [&](udf::Sink sink) {
        if (++calls == 2) throw std::runtime_error("disk on fire");
        sink.write("state " + std::to_string(calls));
    };
    const Result r = run(init() + snapshot() + snapshot() + point(1) + snapshot());
    CHECK(r.clean);
    REQUIRE(r.size() == 5);
    CHECK(r[2].snapshot().snapshot() == r[1].snapshot().snapshot());
    CHECK(r[3].has_point());
    CHECK(r[4].snapshot().snapshot() != r[1].snapshot().snapshot());
}

// ---- Batches ----

TEST_CASE("a batch arrives whole and leaves whole with control messages in between answered") {
    hooks = {};
    size_t seen = 0;
    hooks.batch = [&](udf::Host host, const udf::Batch& b) {
        seen = b.all_points().size();
        CHECK(udf::view(b.name) == "cpu");
        CHECK(b.tmax == 20);
        host.emit(b);
    };
    for (const size_t piece : {size_t{1}, SIZE_MAX}) {
        const Result r =
            run<BatchHandler>(init() + begin() + point(11) + keepalive(3) + snapshot() + point(12) + end(20), piece);
        CHECK(r.clean);
        CHECK(seen == 2);
        REQUIRE(r.size() == 7);
        CHECK(r[1].keepalive().time() == 3);
        CHECK(r[2].has_snapshot());
        CHECK(r[3].begin().size() == 2);
        CHECK(r[3].begin().tags().at("host") == "a");
        CHECK(r[4].point().time() == 11);
        CHECK(r[5].point().time() == 12);
        CHECK(r[6].end().tmax() == 20);
    }
}

TEST_CASE("an empty batch is a batch") {
    hooks = {};
    const Result r = run<BatchHandler>(init() + begin() + end(20) + begin() + end(30));
    CHECK(r.clean);
    REQUIRE(r.size() == 5);
    CHECK(r[1].begin().size() == 0);
    CHECK(r[4].end().tmax() == 30);
}

TEST_CASE("a large batch is kept whole without copies while input goes on") {
    hooks = {};
    std::string requests = init() + begin();
    constexpr int kPoints = 50'000;
    for (int i = 0; i < kPoints; ++i) requests += point(i);
    requests += end(kPoints);
    hooks.batch = [&](udf::Host host, const udf::Batch& b) {
        REQUIRE(b.all_points().size() == kPoints);
        for (int i = 0; i < kPoints; ++i) CHECK(b.all_points()[static_cast<size_t>(i)].time == i);
        host.emit(b);
    };
    const Result r = run<BatchHandler>(requests + requests.substr(init().size()), 10'000);
    CHECK(r.clean);
    // On a slow machine heartbeats come in between.
    const auto answers = std::count_if(r.responses.begin(), r.responses.end(),
                                       [](const Response& response) { return !response.has_keepalive(); });
    CHECK(answers == 1 + 2 * (kPoints + 2));
}

TEST_CASE("an algorithm may take a batch piece by piece and give a stream") {
    hooks = {};
    std::vector<std::string> calls;
    hooks.begin = [&](udf::Host, const udf::Batch& b) { calls.push_back("begin " + std::to_string(b.point_count)); };
    hooks.points = [&](udf::Host host, std::span<const udf::Point> points) {
        for (const auto& p : points) calls.push_back("point of " + std::string(udf::view(p.name)));
        host.emit(points);
    };
    hooks.end = [&](udf::Host, const udf::Batch& b) { calls.push_back("end " + std::to_string(b.tmax)); };
    const Result r = run<PiecewiseHandler>(init() + begin() + point(11) + end(20));
    CHECK(r.clean);
    CHECK(calls == std::vector<std::string>{"begin 2", "point of cpu", "end 20"});
    REQUIRE(r.size() == 2);
    CHECK(r[1].point().name() == "cpu");
    REQUIRE(r[1].point().dimensions_size() == 1);
    CHECK(r[1].point().dimensions(0) == "host");
}

TEST_CASE("what does not fit the declared edge is refused") {
    hooks = {};
    hooks.points = [](udf::Host host, std::span<const udf::Point>) { host.emit(udf_batch{}); };
    CHECK(error_of(run(init() + point(1))).ends_with(": emitted a batch, but the algorithm provides a stream"));
    hooks.batch = [](udf::Host host, const udf::Batch&) { host.emit(udf_point{}); };
    CHECK(error_of(run<BatchHandler>(init() + begin() + end(1)))
              .ends_with(": emitted points, but the algorithm provides batches"));
}

TEST_CASE("a point that cannot be encoded fails the handler with the reason") {
    hooks = {};
    hooks.points = [](udf::Host host, std::span<const udf::Point> points) {
        udf_point p = points[0];
        p.fields = nullptr;
        host.emit(p);
    };
    CHECK(error_of(run(init() + point(1))).ends_with("without the data it counts (a null pointer)"));
}

// ---- Input that breaks the rules ----

TEST_CASE("input that breaks the protocol ends the connection with the reason") {
    hooks = {};
    CHECK(error_of(run(point(1))).ends_with(": data came before Init"));
    CHECK(error_of(run(init() + init())).ends_with(": Init came twice"));
    CHECK(error_of(run(init() + begin())).ends_with(": a batch came for an algorithm that wants a stream"));
    CHECK(error_of(run<BatchHandler>(init() + point(1)))
              .ends_with("outside a batch for an algorithm that wants batches"));
    CHECK(error_of(run<BatchHandler>(init() + begin() + begin())).ends_with(": a batch began inside a batch"));
    CHECK(error_of(run<BatchHandler>(init() + end(1))).ends_with(": a batch ended that had not begun"));
    CHECK(error_of(run(init() + std::string(1, '\0'))).ends_with("holds no message that this version knows"));
    CHECK(error_of(run(init() + std::string("\x04\x8a\x01\x01\xff", 5)))
              .ends_with("a point of 1 bytes cannot be decoded"));
    CHECK(error_of(run(init() + "\x02\x0a\x05")).ends_with("a frame of 2 bytes is not a request"));
    CHECK(error_of(run(init() + std::string(12, '\xff'))).find("not a varint") != std::string::npos);
    const std::string cut = init() + point(1) + point(2).substr(0, 9);
    const Result r = run(cut);
    CHECK_FALSE(r.clean);
    CHECK(r[1].point().time() == 1);
    CHECK(error_of(r).ends_with(": the input ended in the middle of a frame, 9 bytes into it"));
}

TEST_CASE("a member of a request that this version does not know is passed over") {
    hooks = {};
    Request known;
    known.mutable_point()->set_time(5);
    const std::string body = known.SerializeAsString() + std::string("\xf8\x07\x01", 3);  // number 127, a varint
    const Result r = run(init() + std::string(1, static_cast<char>(body.size())) + body);
    CHECK(r.clean);
    REQUIRE(r.size() == 2);
    CHECK(r[1].point().time() == 5);
}

TEST_CASE("input that is no protocol at all is told what it is") {
    hooks = {};
    CHECK(error_of(run("cpu usage=1 1\n")).find("this is not Kapacitor's protocol") != std::string::npos);
    CHECK(error_of(run(init() + "cpu usage=1 1\n")).find("this is not Kapacitor's protocol") == std::string::npos);
}

TEST_CASE("data in an unusual form means the same") {
    hooks = {};
    // One Request with a point given in two halves, which protobuf merges.
    Request half, other;
    half.mutable_point()->set_time(5);
    other.mutable_point()->set_name("cpu");
    const std::string body = half.SerializeAsString() + other.SerializeAsString();
    const Result r = run(init() + point(1) + std::string(1, static_cast<char>(body.size())) + body + point(2));
    CHECK(r.clean);
    REQUIRE(r.size() == 4);
    CHECK(r[2].point().time() == 5);
    CHECK(r[2].point().name() == "cpu");
    CHECK(r[3].point().time() == 2);
}
