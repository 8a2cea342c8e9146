// SPDX-License-Identifier: MIT
#include "supervisor/gate.h"

#include <doctest/doctest.h>

#include <deque>
#include <string>
#include <vector>

#include "supervisor/frames.h"
#include "wire/frame_reader.h"

using supervisor::Gate;

namespace {

class CollectedFrames final : public supervisor::Outlet {
public:
    void points(std::string_view frames, uint64_t points) override { add(frames, points); }
    void batch(std::string_view frames, uint64_t points) override {
        ++batches;
        add(frames, points);
    }
    std::vector<int64_t> times;
    int batches = 0;
    bool refuses = false;
    uint64_t counted = 0;  // points, as we are told

private:
    void add(std::string_view frames, uint64_t points) {
        if (refuses) throw wire::ProtocolError("refused");
        counted += points;
        const std::vector<int64_t> more = frames::times_of(frames);
        times.insert(times.end(), more.begin(), more.end());
    }
};

struct GateTrial {
    CollectedFrames out;
    Gate gate{out, 100};
    std::deque<std::string> held;  // as long as the gate wants it

    void begin(int64_t size = 0) {
        const std::string frame = frames::begin("g", size);
        gate.begin(frame, wire::open_message(wire::split_frame(frame).body).body);
    }
    void points(const std::vector<int64_t>& times) {
        std::string& bytes = held.emplace_back();
        for (const int64_t time : times) bytes += frames::point(time);
        gate.points(bytes, times.size());
        if (!gate.holds()) held.clear();
    }
    void end() { gate.end(frames::end()); }
    void batch(const std::vector<int64_t>& times) {
        begin();
        points(times);
        end();
    }
};

using Times = std::vector<int64_t>;

}  // namespace

TEST_CASE("points of a stream pass as they come") {
    GateTrial trial;
    trial.points({1, 2});
    CHECK(trial.out.times == Times{1, 2});
}

TEST_CASE("a batch passes when it is whole, and not before") {
    GateTrial trial;
    trial.begin();
    trial.points({1, 2});
    CHECK(trial.out.times.empty());
    trial.end();
    CHECK(trial.out.times == Times{1, 2, -1});
    CHECK(trial.out.batches == 1);
}

TEST_CASE("a batch that does not end before its worker does leaves nothing behind") {
    GateTrial trial;
    trial.begin();
    trial.points({1});
    trial.gate.worker_died();
    trial.batch({2});
    CHECK(trial.out.times == Times{2, -1});
}

TEST_CASE("batches that Kapacitor could not bear are errors") {
    GateTrial trial;
    SUBCASE("one in another") {
        trial.begin();
        CHECK_THROWS_AS(trial.begin(), wire::ProtocolError);
    }
    SUBCASE("an end of none") { CHECK_THROWS_AS(trial.end(), wire::ProtocolError); }
    SUBCASE("one of too many points") {
        trial.begin();
        CHECK_THROWS_AS(trial.points(Times(101, 1)), wire::ProtocolError);
    }
    SUBCASE("one that announces too many points") {
        trial.begin(101);
        CHECK_THROWS_AS(trial.end(), wire::ProtocolError);
    }
    CHECK(trial.out.times.empty());
}

TEST_CASE("what left of a unit that was not done is dropped when the next worker sends it again") {
    GateTrial trial;
    trial.points({1});
    trial.gate.acknowledged();
    trial.points({2, 3});
    trial.gate.worker_died();
    trial.points({2, 3, 4});  // in one
    CHECK(trial.out.times == Times{1, 2, 3, 4});
    CHECK(trial.gate.dropped() == 2);
}

TEST_CASE("workers that die one after another on the way do not make the count forget") {
    GateTrial trial;
    trial.points({1, 2, 3});
    trial.gate.worker_died();
    trial.points({1});
    trial.gate.worker_died();
    trial.points({1, 2});
    trial.gate.acknowledged();
    trial.gate.worker_died();
    trial.points({3, 4});
    CHECK(trial.out.times == Times{1, 2, 3, 4});
}

TEST_CASE("what was refused has not left, and passes when it comes again") {
    GateTrial trial;
    trial.points({1});
    trial.out.refuses = true;
    CHECK_THROWS_AS(trial.points({2, 3}), wire::ProtocolError);
    trial.out.refuses = false;
    trial.gate.worker_died();
    trial.points({1, 2});
    CHECK(trial.out.times == Times{1, 2});
    trial.gate.acknowledged();
    trial.out.refuses = true;
    CHECK_THROWS_AS(trial.batch({3}), wire::ProtocolError);
    trial.out.refuses = false;
    trial.gate.worker_died();
    trial.batch({3});
    CHECK(trial.out.times == Times{1, 2, 3, -1});
}

TEST_CASE("points are held until they are acknowledged, unless they are too many, and then counted still") {
    GateTrial trial;
    trial.points({1, 2});
    CHECK(trial.gate.holds());
    trial.gate.acknowledged();
    CHECK_FALSE(trial.gate.holds());
    Times many;
    for (int64_t time = 3; trial.gate.holds() == !many.empty(); ++time) {
        many.push_back(time);
        trial.points({time});
        REQUIRE(many.size() < 1'000'000);
    }
    trial.gate.worker_died();
    trial.points(many);
    trial.points({0});
    many.insert(many.begin(), {1, 2});
    many.push_back(0);
    CHECK(trial.out.times == many);
    trial.gate.acknowledged();
    trial.points({1});
    REQUIRE(trial.gate.holds());
    trial.gate.given_up();
    CHECK_FALSE(trial.gate.holds());
}

TEST_CASE("batches count as one each") {
    GateTrial trial;
    trial.batch({1, 2});
    trial.gate.worker_died();
    trial.batch({1, 2});
    trial.batch({3});
    CHECK(trial.out.times == Times{1, 2, -1, 3, -1});
}

TEST_CASE("while a worker catches up nothing passes, and nothing of it is expected again") {
    GateTrial trial;
    trial.gate.drop_all(true);
    trial.points({1, 2});
    trial.batch({3});
    trial.gate.worker_died();
    trial.gate.drop_all(false);
    trial.points({4});
    CHECK(trial.out.times == Times{4});
}

TEST_CASE("of a unit that is taken out nothing is expected again") {
    GateTrial trial;
    trial.points({1});
    trial.gate.worker_died();
    trial.gate.taken_out();
    trial.points({2});
    CHECK(trial.out.times == Times{1, 2});
}

TEST_CASE("when a unit is taken out, what had left of those behind it is dropped when it comes again") {
    GateTrial trial;
    trial.points({1, 2, 3});
    trial.gate.worker_died();
    trial.gate.taken_out();
    SUBCASE("in one go") { trial.points({2, 3, 4}); }
    SUBCASE("by a worker that dies in between") {
        trial.points({2});
        trial.gate.worker_died();
        trial.points({2, 3, 4});
    }
    CHECK(trial.out.times == Times{1, 2, 3, 4});
}

TEST_CASE("when a unit is taken out, batches that had left are known again") {
    GateTrial trial;
    for (const int64_t time : {1, 2}) trial.batch({time});
    trial.gate.worker_died();
    trial.gate.taken_out();
    for (const int64_t time : {2, 3}) trial.batch({time});
    CHECK(trial.out.times == Times{1, -1, 2, -1, 3, -1});
}

TEST_CASE("what comes of units that were given up passes, is not expected again, and no batch is torn") {
    GateTrial trial;
    trial.points({1});
    trial.begin();
    trial.points({2});
    trial.gate.given_up();
    trial.end();
    trial.points({3});
    trial.gate.worker_died();
    trial.points({4});
    CHECK(trial.out.times == Times{1, 2, -1, 3, 4});
}

TEST_CASE("from the acknowledgement on that follows what was given up, the count goes on") {
    GateTrial trial;
    trial.gate.given_up();
    trial.points({1});
    trial.gate.acknowledged();
    trial.points({2});
    trial.gate.worker_died();
    trial.points({2, 3});
    CHECK(trial.out.times == Times{1, 2, 3});
}

TEST_CASE("what leaves is told with the number of its points, and what comes again is not") {
    GateTrial trial;
    trial.points({1, 2, 3});
    trial.batch({4, 5});
    CHECK(trial.out.counted == 5);
    trial.gate.worker_died();
    trial.points({1, 2, 3});
    trial.batch({4, 5});
    CHECK(trial.out.counted == 5);
    trial.points({6});
    trial.gate.worker_died();
    trial.points({1, 2});
    trial.points({3});
    trial.batch({4, 5});
    trial.points({6, 7, 8});
    CHECK(trial.out.counted == 8);
    CHECK(trial.out.times == Times{1, 2, 3, 4, 5, -1, 6, 7, 8});
}
