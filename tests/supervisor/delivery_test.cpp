// SPDX-License-Identifier: MIT
#include "supervisor/delivery.h"

#include <doctest/doctest.h>

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/frames.h"
#include "supervisor/journal.h"

using supervisor::Delivery;
using supervisor::Journal;
using supervisor::Position;

namespace {

namespace pb = kapacitor::udf;

// A worker that takes what it is given and answers when it is told to.
class Trial {
public:
    Trial() { delivery.start(); }

    Journal journal;
    Delivery delivery{journal};
    std::string given;  // `2 3 | b 4 e s`: points by their time, begin and end, | a mark, s a question for a snapshot

    void put(int64_t time) { journal.append(frames::point(time), true); }
    void put_many(int count) {
        for (int i = 0; i < count; ++i) put(1);
    }
    // What was given since the last call.
    std::string give(size_t most = SIZE_MAX) {
        for (std::string_view bytes; most > 0 && !(bytes = delivery.next().substr(0, most)).empty();) {
            most -= bytes.size();
            unread_ += bytes;
            delivery.wrote(bytes.size());
        }
        std::string said;
        for (wire::Split frame; (frame = wire::split_frame(unread_)).status == wire::Split::whole;) {
            pb::Request request;
            request.ParseFromArray(frame.body.data(), static_cast<int>(frame.body.size()));
            if (request.has_keepalive()) marks_.push_back(request.keepalive().time());
            said += (said.empty() ? "" : " ") + name_of(request);
            unread_.erase(0, frame.frame.size());
        }
        return said;
    }
    int64_t take_mark() {
        REQUIRE(!marks_.empty());
        const int64_t mark = marks_.front();
        marks_.pop_front();
        return mark;
    }
    void answer_mark() { CHECK(delivery.acknowledge(take_mark())); }
    void mark() {
        if (delivery.unmarked()) delivery.mark_now();
    }
    // Gives all, and has all answered.
    void settle() {
        for (int i = 0; i < 1000 && !delivery.all_done(); ++i) {
            give();
            mark();
            give();
            while (!marks_.empty()) answer_mark();
        }
        REQUIRE(delivery.all_done());
    }
    void checkpoint() {
        delivery.request_snapshot();
        give();
        delivery.set_checkpoint(*delivery.snapshot_came());
    }
    std::optional<Delivery::Suspect> die() {
        const auto suspect = delivery.died();
        unread_.clear();
        marks_.clear();
        delivery.start();
        return suspect;
    }

private:
    static std::string name_of(const pb::Request& request) {
        if (request.has_point()) return std::to_string(request.point().time());
        if (request.has_begin()) return "b";
        if (request.has_end()) return "e";
        return request.has_keepalive() ? "|" : "s";
    }
    std::string unread_;
    std::deque<int64_t> marks_;
};

const size_t kPoint = frames::point(1).size();

}  // namespace

TEST_CASE("what comes is given at once and in its order, and a mark behind it where one is wanted") {
    Trial trial;
    trial.put(1);
    trial.put(2);
    CHECK(trial.give() == "1 2");
    CHECK(trial.delivery.unmarked());
    trial.delivery.mark_now();
    CHECK(trial.give() == "|");
    CHECK(!trial.delivery.unmarked());
    CHECK(trial.delivery.owed());
    CHECK(!trial.delivery.all_done());
    trial.answer_mark();
    CHECK(!trial.delivery.owed());
    CHECK(trial.delivery.all_done());
}

TEST_CASE("a batch is given as it comes, and nothing stands in the middle of it") {
    Trial trial;
    trial.journal.append(frames::begin() + frames::point(1), false);
    CHECK(trial.give() == "b 1");
    trial.delivery.request_snapshot();
    trial.mark();
    CHECK(trial.give() == "");
    trial.journal.append(frames::point(2) + frames::end(), true);
    CHECK(trial.give() == "2 e s");
}

TEST_CASE("a mark that is asked for stands where it was, whatever has come since, and after a death again") {
    Trial trial;
    trial.put(1);
    trial.delivery.request_mark(kPoint);
    trial.put(2);
    trial.put(3);
    trial.delivery.request_mark(3 * kPoint);
    trial.put(4);
    CHECK(trial.give() == "1 | 2 3 | 4");
    trial.answer_mark();
    CHECK(trial.delivery.done() == kPoint);
    trial.die();
    trial.settle();
    trial.put(5);
    trial.delivery.request_mark(kPoint);  // done
    CHECK(trial.give() == "5");
}

TEST_CASE("a worker that answers no mark is given a window of data, and more when it answers") {
    Trial trial;
    trial.put_many(200'000);
    trial.give();
    const Position window = trial.delivery.sent();
    CHECK(window >= 256u << 10);
    CHECK(window < 320u << 10);
    trial.answer_mark();
    trial.give();
    CHECK(trial.delivery.sent() > window);
    trial.settle();
}

TEST_CASE("a batch larger than the window is given to its end") {
    Trial trial;
    trial.put(1);
    trial.mark();
    trial.journal.append(frames::batch(std::vector<int64_t>(100'000, 1)), true);
    trial.settle();
}

TEST_CASE("an answer to no mark says nothing") {
    Trial trial;
    trial.put(1);
    trial.give();
    trial.mark();
    trial.give();
    const int64_t mark = trial.take_mark();
    CHECK(mark < 0);
    for (const int64_t other : {int64_t{0}, -mark, mark - 1, int64_t{1'700'000'000'000'000'000}})
        CHECK(!trial.delivery.acknowledge(other));
    CHECK(trial.delivery.acknowledged() == 0);
    CHECK(trial.delivery.acknowledge(mark));
    CHECK(!trial.delivery.acknowledge(mark));  // a second time
}

TEST_CASE("a snapshot is of the position where it was asked for, not before the one that was wanted") {
    Trial trial;
    trial.put(1);
    trial.put(2);
    trial.delivery.request_snapshot(2 * kPoint);
    CHECK(trial.give() == "1 2 s");
    trial.put(3);
    CHECK(trial.give() == "3");
    CHECK(trial.delivery.awaits_snapshot());
    CHECK(trial.delivery.snapshot_came() == 2 * kPoint);
    CHECK(trial.delivery.done() == 2 * kPoint);
    CHECK(!trial.delivery.wants_snapshot());
}

TEST_CASE("an agent that answers out of order is put a mark three times, each when it has answered, and nothing else") {
    Trial trial;
    Delivery delivery(trial.journal, Delivery::Answers::overtaking);
    delivery.start();
    trial.put(1);
    const auto give = [&delivery] {
        std::string given;
        for (std::string_view bytes; !(bytes = delivery.next()).empty(); delivery.wrote(bytes.size())) given += bytes;
        return given;
    };
    CHECK(give().size() == kPoint);
    delivery.mark_now();
    trial.put(2);
    for (int64_t mark = -1; mark >= -3; --mark) {
        CHECK(delivery.acknowledged() == 0);
        CHECK(!give().empty());
        CHECK(give().empty());
        CHECK(delivery.acknowledge(mark) == (mark == -3));
    }
    CHECK(delivery.acknowledged() == kPoint);
    CHECK(give().size() == kPoint);
}

TEST_CASE("of a snapshot that was not asked for, or is overtaken by a later answer, nobody knows the position") {
    Trial trial;
    CHECK(!trial.delivery.snapshot_came());
    trial.delivery.request_snapshot();
    trial.put(1);
    CHECK(trial.give() == "s 1");
    trial.mark();
    trial.give();
    trial.answer_mark();
    CHECK(trial.delivery.awaits_snapshot());
    CHECK(!trial.delivery.snapshot_came());
    CHECK(!trial.delivery.wants_snapshot());
    trial.checkpoint();  // others can be had
    CHECK(trial.delivery.checkpoint() == kPoint);
}

TEST_CASE("after a death all since the checkpoint is given again, and catches up where it was done before") {
    Trial trial;
    trial.put(1);
    trial.settle();
    trial.checkpoint();
    trial.put(2);
    trial.settle();
    trial.die();
    CHECK(trial.delivery.catching_up());
    trial.put(3);
    CHECK(trial.give() == "2 | 3");  // the mark parts what has left from what has not
    trial.answer_mark();
    CHECK(!trial.delivery.catching_up());
}

TEST_CASE("a question that a dead worker was asked is put to the next one") {
    Trial trial;
    trial.delivery.request_snapshot();
    CHECK(trial.give() == "s");
    trial.die();
    CHECK(!trial.delivery.awaits_snapshot());
    trial.delivery.request_snapshot();
    CHECK(trial.give() == "s");
}

TEST_CASE("near a death one unit is given at a time, until it is known which one kills") {
    Trial trial;
    for (int64_t time = 1; time <= 3; ++time) trial.put(time);
    trial.give();
    auto suspect = trial.die();
    REQUIRE(suspect);
    CHECK(suspect->begin == 0);
    CHECK(!suspect->alone);
    CHECK(trial.give() == "1 |");
    CHECK(trial.give() == "");
    trial.answer_mark();
    CHECK(trial.give() == "2 |");
    suspect = trial.die();
    REQUIRE(suspect);
    CHECK(suspect->begin == kPoint);
    CHECK(suspect->end == 2 * kPoint);
    CHECK(suspect->alone);
}

TEST_CASE("nobody is suspected where nothing was on its way") {
    Trial trial;
    CHECK(!trial.die());
    trial.put(1);
    trial.settle();
    CHECK(!trial.die());
}

TEST_CASE("a unit that was taken out is given to nobody, and all is done without it") {
    Trial trial;
    for (int64_t time = 1; time <= 3; ++time) trial.put(time);
    trial.give();
    trial.die();
    trial.give();
    trial.answer_mark();
    trial.give();
    trial.delivery.take_out(*trial.die());
    CHECK(trial.give() == "1 |");
    trial.answer_mark();
    CHECK(trial.give() == "3 |");
    trial.answer_mark();
    CHECK(trial.delivery.all_done());
}

TEST_CASE("who hands over is given nothing more, until it is to go on") {
    Trial trial;
    trial.put(1);
    trial.delivery.request_handover();
    CHECK(trial.give() == "s");
    trial.put(2);
    CHECK(trial.give() == "");
    CHECK(!trial.delivery.has_handed_over());
    CHECK(trial.delivery.snapshot_came());
    CHECK(trial.delivery.has_handed_over());
    trial.delivery.goes_on();
    CHECK(trial.give() == "1 2");
}

TEST_CASE("a snapshot that is wanted during a handover does not hold it up, and is asked for after it") {
    for (const bool before_the_answer : {true, false}) {
        CAPTURE(before_the_answer);
        Trial trial;
        trial.delivery.request_handover();
        CHECK(trial.give() == "s");
        trial.put(1);
        if (before_the_answer) trial.delivery.request_snapshot(trial.journal.units_end());
        CHECK(trial.delivery.snapshot_came());
        if (!before_the_answer) trial.delivery.request_snapshot(trial.journal.units_end());
        CHECK(trial.give() == "");
        CHECK(trial.delivery.has_handed_over());
        trial.delivery.start();  // the new one
        CHECK(trial.give() == "1 s");
    }
}

TEST_CASE("a snapshot that is wanted exactly somewhere waits there for the answer to an earlier question") {
    Trial trial;
    trial.delivery.request_snapshot();
    CHECK(trial.give() == "s");
    trial.put(1);
    trial.delivery.request_snapshot(kPoint, true);
    trial.put(2);
    CHECK(trial.give() == "1");
    SUBCASE("which comes") {
        CHECK(trial.delivery.snapshot_came() == Position{0});
        CHECK(trial.give() == "s 2");
        CHECK(trial.delivery.snapshot_came() == kPoint);
    }
    SUBCASE("until it need not be exact any more") {
        trial.delivery.need_not_be_exact();
        CHECK(trial.give() == "2");
    }
}

TEST_CASE("a snapshot that is wanted is not taken earlier because another is wanted, too") {
    Trial trial;
    trial.put(1);
    trial.delivery.request_snapshot(kPoint);
    trial.delivery.request_snapshot();
    CHECK(trial.give() == "1 s");
    CHECK(trial.delivery.snapshot_came() == kPoint);
}

TEST_CASE("neither a checkpoint nor a handover waits for where a snapshot is wanted, which is asked for all the same") {
    Trial trial;
    trial.put(1);
    trial.put(2);
    trial.delivery.request_snapshot(2 * kPoint);
    SUBCASE("a checkpoint") {
        trial.delivery.request_checkpoint();
        CHECK(trial.give() == "s 1 2");
        CHECK(trial.delivery.snapshot_came() == Position{0});
        CHECK(trial.give() == "s");
        CHECK(trial.delivery.snapshot_came() == 2 * kPoint);
        CHECK(!trial.delivery.wants_snapshot());
    }
    SUBCASE("a handover") {
        trial.delivery.request_handover();
        CHECK(trial.give() == "s");
        CHECK(trial.delivery.snapshot_came() == Position{0});
        CHECK(trial.delivery.has_handed_over());
        trial.delivery.start();  // the new one
        CHECK(trial.give() == "1 2 s");
    }
}

TEST_CASE("one answer does where a checkpoint is wanted just where a snapshot is") {
    Trial trial;
    trial.put(1);
    trial.give();
    trial.delivery.request_snapshot(kPoint);
    trial.delivery.request_checkpoint();
    CHECK(trial.give() == "s");
    CHECK(trial.delivery.snapshot_came() == kPoint);
    CHECK(!trial.delivery.wants_snapshot());
}

TEST_CASE("a snapshot is near where all before it can be on its way") {
    Trial trial;
    trial.put_many(50'000);
    trial.delivery.request_snapshot(trial.journal.units_end());
    CHECK(!trial.delivery.nears_snapshot());
    trial.give();
    REQUIRE(trial.delivery.sent() < trial.journal.end());
    CHECK(trial.delivery.nears_snapshot());
}

TEST_CASE("a snapshot is wanted behind a batch that is on its way, and not behind those that follow") {
    Trial trial;
    trial.journal.append(frames::begin(), false);
    CHECK(trial.give() == "b");
    trial.journal.append(frames::end(), true);
    trial.delivery.request_snapshot(trial.journal.units_end());
    trial.journal.append(frames::batch({}), true);
    CHECK(trial.give() == "e s b e");
}

// ---- Giving up ----

TEST_CASE("what is given up is given to nobody, and a mark parts the worker's old work from the new") {
    Trial trial;
    for (int64_t time = 1; time <= 4; ++time) trial.put(time);
    trial.give(2 * kPoint);
    trial.put(5);
    const auto units = trial.delivery.give_up(4 * kPoint);
    REQUIRE(units);
    CHECK(units->in_doubt + units->unsent == 4);
    CHECK(trial.journal.begin() == 4 * kPoint);
    CHECK(trial.give().ends_with("| 5"));
    trial.answer_mark();
    CHECK(trial.delivery.acknowledged() == 4 * kPoint);
    trial.settle();
}

TEST_CASE("the units that are given up are counted, and apart those that the worker has") {
    Trial trial;
    trial.put_many(30'000);
    trial.give();
    const Position sent = trial.delivery.sent();
    REQUIRE(sent < trial.journal.end());
    const auto units = trial.delivery.give_up(trial.journal.units_end());
    REQUIRE(units);
    CHECK(units->in_doubt == sent / kPoint);
    CHECK(units->unsent == 30'000 - sent / kPoint);
}

TEST_CASE("an answer to a mark of what was given up says nothing of what is kept") {
    Trial trial;
    trial.put(1);
    trial.give();
    trial.mark();
    trial.give();
    trial.put(2);
    REQUIRE(trial.delivery.give_up(2 * kPoint));
    trial.put(3);
    CHECK(!trial.delivery.acknowledge(trial.take_mark()));
    CHECK(trial.give() == "| 3");
    CHECK(trial.delivery.acknowledged() == 2 * kPoint);
}

TEST_CASE("a snapshot that was asked for before something was given up is still welcome") {
    Trial trial;
    trial.put(1);
    trial.give();
    trial.delivery.request_snapshot();
    CHECK(trial.give() == "s");
    trial.put(2);
    REQUIRE(trial.delivery.give_up(2 * kPoint));
    CHECK(trial.delivery.awaits_snapshot());
    CHECK(trial.delivery.snapshot_came() == 2 * kPoint);
}

TEST_CASE("who has the beginning of a unit that is given up gets the rest of it") {
    for (const bool batch_ends_later : {true, false}) {
        CAPTURE(batch_ends_later);
        Trial trial;
        trial.journal.append(frames::begin() + frames::point(1), false);
        if (batch_ends_later) {
            CHECK(trial.give() == "b 1");
            CHECK(!trial.delivery.give_up(trial.journal.end()));  // its end is not known
            trial.journal.append(frames::point(2) + frames::end(), true);
        } else {
            trial.journal.append(frames::point(2) + frames::end(), true);
            trial.give(frames::begin().size() + 3);
        }
        trial.put(3);
        REQUIRE(trial.delivery.give_up(trial.journal.units_end()));
        trial.put(4);
        const std::string rest = trial.give();
        CHECK(rest.find("2 e") != rest.npos);
        CHECK(rest.ends_with("| 4"));
    }
}

TEST_CASE("who has the beginning of many units gets no more than the unit's rest when the next ones are given up") {
    Trial trial;
    trial.put_many(20'000);
    trial.give(kPoint + 3);
    // Well before the place of the next mark.
    const auto to = trial.journal.boundary_after(trial.delivery.reached());
    REQUIRE(to);
    REQUIRE(*to < 64u << 10);
    REQUIRE(trial.delivery.give_up(*to));
    CHECK(trial.journal.begin() == *to);
}

TEST_CASE("what was done before a death is not done again because something was given up") {
    Trial trial;
    trial.put_many(1000);
    trial.settle();
    const Position done = trial.delivery.done();
    trial.die();
    trial.put(2);
    CHECK(trial.delivery.reached() >= done);
    REQUIRE(trial.delivery.give_up(trial.journal.units_end()));
    CHECK(trial.delivery.done() >= done);
    CHECK(!trial.delivery.catching_up());
}

TEST_CASE("without a worker what is given up is what is not done") {
    Trial trial;
    trial.put_many(10);
    trial.settle();
    trial.put_many(10);
    trial.give();
    trial.delivery.died();
    const auto units = trial.delivery.give_up(trial.journal.units_end());
    REQUIRE(units);
    CHECK(units->in_doubt == 0);
    CHECK(units->unsent == 10);
    trial.delivery.start();
    trial.put(7);
    CHECK(trial.give() == "7");
}
