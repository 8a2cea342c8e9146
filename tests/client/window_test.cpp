// SPDX-License-Identifier: MIT
#include "client/window.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "client/group.h"
#include "client/points.h"

using namespace client;

namespace {

// Batches as text: "group: t t t -> tmax".
struct Recorder {
    std::vector<std::string> batches;
    std::vector<pb::Request> requests;
    std::string line;
    int64_t announced = 0, seen = 0;

    void operator()(const pb::Request& request) {
        requests.push_back(request);
        if (request.has_begin()) {
            line = request.begin().group() + ":";
            announced = request.begin().size();
            seen = 0;
        } else if (request.has_point()) {
            ++seen;
            line += fmt::format(" {}", request.point().time());
        } else {
            CHECK(announced == seen);
            batches.push_back(fmt::format("{} -> {}", line, request.end().tmax()));
        }
    }
};

struct Fixture {
    explicit Fixture(WindowSpan span) : windows(span, std::ref(recorder)) {}
    void add(std::string_view line) {
        pb::Point p = point(line);
        put_in_group(parse_grouping("host", false), p);
        windows.add(std::move(p));
    }
    void add_at(std::initializer_list<int64_t> times) {
        for (const int64_t time : times) add(fmt::format("m,host=a v=1 {}", time));
    }
    Recorder recorder;
    Windows windows;
};

using Batches = std::vector<std::string>;

}  // namespace

TEST_CASE("a window is due when a point comes at its end and leaves that point out") {
    Fixture f({.period = 10, .every = 10});
    f.add_at({100, 105, 109});
    CHECK(f.recorder.batches.empty());
    f.add_at({110});
    CHECK(f.recorder.batches == Batches{"host=a: 100 105 109 -> 110"});
}

TEST_CASE("the next window is due after the point that made the last one") {
    Fixture f({.period = 10, .every = 10});
    f.add_at({100, 113, 120, 123});
    // due at 110 and then at 113 + 10, which holds [113, 123)
    CHECK(f.recorder.batches == Batches{"host=a: 100 -> 110", "host=a: 113 120 -> 123"});
}

TEST_CASE("a window may come out empty") {
    Fixture f({.period = 5, .every = 20});
    f.add_at({100, 120});
    CHECK(f.recorder.batches == Batches{"host=a: -> 120"});
    CHECK(f.recorder.requests.size() == 2);
}

TEST_CASE("windows overlap where the period is longer than every") {
    Fixture f({.period = 10, .every = 5});
    f.add_at({100, 104, 105, 110, 115});
    CHECK(f.recorder.batches ==
          Batches{"host=a: 100 104 -> 105", "host=a: 100 104 105 -> 110", "host=a: 105 110 -> 115"});
}

TEST_CASE("the oldest point of a window is one period before its end") {
    Fixture f({.period = 10, .every = 10});
    f.add_at({100, 111, 121});
    // due 121 = 111 + 10: holds [111, 121)
    CHECK(f.recorder.batches.back() == "host=a: 111 -> 121");
}

TEST_CASE("with every zero each point makes a window that ends with it") {
    Fixture f({.period = 10, .every = 0});
    f.add_at({100, 105, 110, 111});
    CHECK(f.recorder.batches == Batches{"host=a: 100 -> 100", "host=a: 100 105 -> 105", "host=a: 105 110 -> 110",
                                        "host=a: 105 110 111 -> 111"});
    f.windows.flush();
    CHECK(f.recorder.batches.size() == 4);
}

TEST_CASE("with every zero a late point waits for the next window") {
    Fixture f({.period = 10, .every = 0});
    f.add_at({100, 95});
    CHECK(f.recorder.batches.size() == 1);
    f.add_at({101});
    CHECK(f.recorder.batches.back() == "host=a: 100 95 101 -> 101");
}

TEST_CASE("a late point stays in order of arrival") {
    Fixture f({.period = 10, .every = 10});
    f.add_at({100, 105, 102, 110});
    CHECK(f.recorder.batches == Batches{"host=a: 100 105 102 -> 110"});
}

TEST_CASE("each group has windows of its own") {
    Fixture f({.period = 10, .every = 10});
    f.add("m,host=a v=1 100");
    f.add("m,host=b v=1 105");
    f.add("m,host=a v=1 110");
    CHECK(f.recorder.batches == Batches{"host=a: 100 -> 110"});
    f.add("m,host=b v=1 115");
    CHECK(f.recorder.batches.back() == "host=b: 105 -> 115");
}

TEST_CASE("the end of the input flushes what waits in the order of the groups") {
    Fixture f({.period = 10, .every = 10});
    f.add("m,host=b v=1 100");
    f.add("m,host=a v=1 100");
    f.add("m,host=b v=1 110");
    f.windows.flush();
    CHECK(f.recorder.batches == Batches{"host=b: 100 -> 110", "host=b: 110 -> 120", "host=a: 100 -> 110"});
    f.windows.flush();
    CHECK(f.recorder.batches.size() == 3);
}

TEST_CASE("a batch is what Kapacitor would send") {
    Fixture f({.period = 10, .every = 10});
    f.add("m,host=a,cpu=0 v=1,n=2i,s=\"x\",b=true 100");
    f.windows.flush();
    REQUIRE(f.recorder.requests.size() == 3);

    pb::BeginBatch begin;
    begin.set_name("m");
    begin.set_group("host=a");
    begin.mutable_tags()->insert({"host", "a"});
    begin.set_size(1);
    CHECK(same(f.recorder.requests[0].begin(), begin));

    pb::Point in_batch = point("m,host=a,cpu=0 v=1,n=2i,s=\"x\",b=true 100");
    in_batch.clear_name();
    in_batch.set_group("host=a");
    CHECK(same(f.recorder.requests[1].point(), in_batch));

    pb::EndBatch end;
    end.set_name("m");
    end.set_group("host=a");
    end.set_tmax(110);
    end.mutable_tags()->insert({"host", "a"});
    CHECK(same(f.recorder.requests[2].end(), end));
}

TEST_CASE("a dimension without a tag is in the tags of the batch with an empty value") {
    Fixture f({.period = 10, .every = 10});
    f.add("m v=1 100");
    f.windows.flush();
    CHECK(f.recorder.requests[0].begin().group() == "host=");
    CHECK(f.recorder.requests[0].begin().tags().at("host").empty());
    CHECK(f.recorder.requests[1].point().tags().empty());
}

TEST_CASE("windows at the end of time do not overflow") {
    Fixture f({.period = INT64_MAX, .every = INT64_MAX});
    f.add_at({INT64_MIN, INT64_MAX});
    f.windows.flush();
    CHECK(f.recorder.batches.size() == 2);
}

TEST_CASE("a window is written as period and every") {
    CHECK(parse_window("10s").period == 10'000'000'000);
    CHECK(parse_window("10s").every == 10'000'000'000);
    CHECK(parse_window("1h30m,500ms").period == 5'400'000'000'000);
    CHECK(parse_window("1h30m,500ms").every == 500'000'000);
    CHECK(parse_window("10s,0s").every == 0);
    for (const char* bad : {"", "10", "0s", "-5s", "10s,", "10s,-1s", ",5s"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(parse_window(bad), std::invalid_argument);
    }
}
