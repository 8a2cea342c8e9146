// SPDX-License-Identifier: MIT
#include "supervisor/gate.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "supervisor/frames.h"
#include "wire/frame_reader.h"

using supervisor::Gate;

namespace {

class Collected final : public supervisor::Outlet {
public:
    void points(std::string_view frames) override { add(frames); }
    void batch(std::string_view frames) override {
        ++batches;
        add(frames);
    }
    std::vector<int64_t> times;
    int batches = 0;

private:
    void add(std::string_view frames) {
        const std::vector<int64_t> more = frames::times_of(frames);
        times.insert(times.end(), more.begin(), more.end());
    }
};

struct Trial {
    Collected out;
    Gate gate{out, 100};

    void begin(int64_t size = 0) {
        const std::string frame = frames::begin("g", size);
        gate.begin(frame, wire::open_message(wire::split_frame(frame).body).body);
    }
    void points(const std::vector<int64_t>& times) {
        std::string bytes;
        for (const int64_t time : times) bytes += frames::point(time);
        gate.points(bytes, times.size());
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
    Trial trial;
    trial.points({1, 2});
    CHECK(trial.out.times == Times{1, 2});
}

TEST_CASE("a batch passes when it is whole, and not before") {
    Trial trial;
    trial.begin();
    trial.points({1, 2});
    CHECK(trial.out.times.empty());
    trial.end();
    CHECK(trial.out.times == Times{1, 2, -1});
    CHECK(trial.out.batches == 1);
}

TEST_CASE("a batch that does not end before its worker does leaves nothing behind") {
    Trial trial;
    trial.begin();
    trial.points({1});
    trial.gate.worker_died();
    trial.batch({2});
    CHECK(trial.out.times == Times{2, -1});
}

TEST_CASE("batches that Kapacitor could not bear are errors") {
    Trial trial;
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
    Trial trial;
    trial.points({1});
    trial.gate.acknowledged();
    trial.points({2, 3});
    trial.gate.worker_died();
    trial.points({2, 3, 4});  // in one
    CHECK(trial.out.times == Times{1, 2, 3, 4});
    CHECK(trial.gate.dropped() == 2);
}

TEST_CASE("workers that die one after another on the way do not make the count forget") {
    Trial trial;
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

TEST_CASE("batches count as one each") {
    Trial trial;
    trial.batch({1, 2});
    trial.gate.worker_died();
    trial.batch({1, 2});
    trial.batch({3});
    CHECK(trial.out.times == Times{1, 2, -1, 3, -1});
}

TEST_CASE("while a worker catches up nothing passes, and nothing of it is expected again") {
    Trial trial;
    trial.gate.drop_all(true);
    trial.points({1, 2});
    trial.batch({3});
    trial.gate.worker_died();
    trial.gate.drop_all(false);
    trial.points({4});
    CHECK(trial.out.times == Times{4});
}

TEST_CASE("of a unit that is taken out nothing is expected again") {
    Trial trial;
    trial.points({1});
    trial.gate.worker_died();
    trial.gate.taken_out();
    trial.points({2});
    CHECK(trial.out.times == Times{1, 2});
}

TEST_CASE("when a unit is taken out, what had left of those behind it is dropped when it comes again") {
    Trial trial;
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
    Trial trial;
    for (const int64_t time : {1, 2}) trial.batch({time});
    trial.gate.worker_died();
    trial.gate.taken_out();
    for (const int64_t time : {2, 3}) trial.batch({time});
    CHECK(trial.out.times == Times{1, -1, 2, -1, 3, -1});
}

TEST_CASE("what comes of units that were given up passes, is not expected again, and no batch is torn") {
    Trial trial;
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
    Trial trial;
    trial.gate.given_up();
    trial.points({1});
    trial.gate.acknowledged();
    trial.points({2});
    trial.gate.worker_died();
    trial.points({2, 3});
    CHECK(trial.out.times == Times{1, 2, 3});
}
