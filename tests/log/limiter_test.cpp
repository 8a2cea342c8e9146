// SPDX-License-Identifier: MIT
#include "log/limiter.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace {

using logging::Event;
using logging::Field;
using logging::Level;
using logging::Limiter;
using logging::Where;
using std::chrono::milliseconds;
using std::chrono::seconds;

const Limiter::Time kBegin{std::chrono::hours(5)};

struct Trial {
    std::unique_ptr<Limiter> limiter = std::make_unique<Limiter>();
    Limiter::Time now = kBegin;

    bool look(const std::string& message, const std::vector<Field>& fields = {}, const Where& where = {},
              Level level = Level::warning) {
        return limiter->look({level, message, where, fields}, now).may_be_said;
    }
    int said_of(int count, const std::string& message) {
        int said = 0;
        for (int i = 0; i < count; ++i) said += look(message) ? 1 : 0;
        return said;
    }
};

}  // namespace

TEST_CASE("ten are said in a minute, and the rest counted") {
    Trial trial;
    CHECK(trial.said_of(100, "m") == 10);
    trial.now += seconds(60) - milliseconds(1);
    CHECK_FALSE(trial.look("m"));
    CHECK_FALSE(trial.limiter->take_due(trial.now));
    trial.now += milliseconds(1);
    const auto rest = trial.limiter->take_due(trial.now);
    REQUIRE(rest);
    CHECK(rest->count == 91);
    CHECK(rest->message.view() == "m");
    CHECK(rest->level == Level::warning);
    CHECK_FALSE(trial.limiter->take_due(trial.now));
    CHECK_FALSE(trial.limiter->has_rest());
    CHECK(trial.said_of(100, "m") == 10);
}

TEST_CASE("no minute has more than ten of them, wherever it begins") {
    CHECK(rc::check([] {
        Trial trial;
        std::deque<Limiter::Time> said;
        uint64_t counted = 0, told = 0;
        const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 20'000));
        for (const int step : steps) {
            trial.now += milliseconds(step);
            if (const auto rest = trial.limiter->take_due(trial.now)) told += rest->count;
            if (trial.look("m")) {
                said.push_back(trial.now);
                if (said.size() > 10) RC_ASSERT(said.back() - said[said.size() - 11] >= seconds(60));
            } else {
                ++counted;
            }
        }
        while (const auto rest = trial.limiter->take_any()) told += rest->count;
        RC_ASSERT(told == counted);
        RC_ASSERT(said.size() + counted == steps.size());
    }));
}

TEST_CASE("events that differ only in digits are the same") {
    Trial trial;
    for (uint64_t i = 0; i < 10; ++i) {
        const std::string cause = "at point " + std::to_string(i * 1000);
        CHECK(trial.look("line " + std::to_string(i), {{"cause", cause}, {"n", i}}));
    }
    CHECK_FALSE(trial.look("line 17", {{"cause", "at point 3"}, {"n", 1}}));
}

TEST_CASE("events of another level, place, sentence or cause are others") {
    Trial trial;
    CHECK(trial.said_of(11, "m") == 10);
    CHECK(trial.look("m", {}, {}, Level::error));
    CHECK(trial.look("m", {}, {.task = "cpu"}));
    CHECK(trial.look("m", {}, {.algorithm = "cpu"}));
    CHECK(trial.look("m", {{"cause", "x"}}));
    CHECK(trial.look("m", {{"worker", "x"}}));
    CHECK(trial.look("n"));
    for (int i = 0; i < 10; ++i) trial.look("m", {}, {.task = "cpu1"});
    CHECK(trial.look("m", {}, {.task = "cpu2"}));  // of names the digits count
    CHECK_FALSE(trial.look("m", {}, {.task = "cpu1"}));
    CHECK_FALSE(trial.look("m"));
}

TEST_CASE("the count has the place of what was counted") {
    Trial trial;
    const Where where{"moving_avg", "cpu", "moving_avg2"};
    for (int i = 0; i < 12; ++i) trial.look("m", {{"cause", "c"}}, where, Level::info);
    const auto rest = trial.limiter->take_any();
    REQUIRE(rest);
    CHECK(rest->count == 2);
    CHECK(rest->level == Level::info);
    CHECK(rest->algorithm.view() == "moving_avg");
    CHECK(rest->task.view() == "cpu");
    CHECK(rest->node.view() == "moving_avg2");
}

TEST_CASE("what comes after a long silence has the count before it, where nobody has asked for that") {
    Trial trial;
    trial.said_of(12, "m");
    trial.now += seconds(100);
    const auto verdict = trial.limiter->look({Level::warning, "m", {}}, trial.now);
    CHECK(verdict.may_be_said);
    REQUIRE(verdict.forgotten);
    CHECK(verdict.forgotten->count == 2);
    CHECK_FALSE(trial.limiter->has_rest());
}

TEST_CASE("of more kinds than there is room for none is silent, and no count is lost") {
    Trial trial;
    uint64_t said = 0, counted = 0;
    constexpr uint64_t kKinds = 3 * Limiter::kKinds, kEach = 12;
    for (uint64_t kind = 0; kind < kKinds; ++kind) {
        const std::string message(kind + 1, 'x');
        for (uint64_t i = 0; i < kEach; ++i) {
            trial.now += milliseconds(1);
            const auto verdict = trial.limiter->look({Level::warning, message, {}}, trial.now);
            said += verdict.may_be_said ? 1 : 0;
            if (verdict.forgotten) counted += verdict.forgotten->count;
        }
    }
    while (const auto rest = trial.limiter->take_any()) counted += rest->count;
    CHECK(said == kKinds * 10);
    CHECK(counted == kKinds * 2);
}

TEST_CASE("a sentence that is kept for its count is cut between characters") {
    logging::Short<5> text;
    text.set("日本");
    CHECK(text.view() == "日");
    text.set("ab");
    CHECK(text.view() == "ab");
    text.set("abcdefg");
    CHECK(text.view() == "abcde");
}
