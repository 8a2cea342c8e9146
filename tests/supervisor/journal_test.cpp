// SPDX-License-Identifier: MIT
#include "supervisor/journal.h"

#include <doctest/doctest.h>

#include <string>

#include "supervisor/frames.h"

using supervisor::Journal;
using supervisor::Position;

namespace {

std::string all_from(const Journal& journal, Position at) {
    std::string bytes;
    while (at < journal.end()) {
        const std::string_view view = journal.view(at);
        REQUIRE(!view.empty());
        bytes += view;
        at += view.size();
    }
    return bytes;
}

}  // namespace

TEST_CASE("what was appended is there, in its order, from any position on") {
    Journal journal;
    std::string all;
    for (int i = 0; i < 20'000; ++i) {
        const std::string frame = frames::point(i, std::string(static_cast<size_t>(i % 90), 'g'));
        journal.append(frame, true);
        all += frame;
    }
    CHECK(journal.size() == all.size());
    CHECK(all_from(journal, 0) == all);
    CHECK(all_from(journal, 700'000) == all.substr(700'000));
}

TEST_CASE("a frame larger than a block stays in one piece") {
    Journal journal;
    journal.append(frames::point(1), true);
    const Position at = journal.end();
    const std::string large = frames::point(2, std::string(1'000'000, 'x'));
    journal.append(large, true);
    CHECK(journal.view(at).substr(0, large.size()) == large);
}

TEST_CASE("what is forgotten takes no memory, and the rest keeps its position") {
    Journal journal;
    for (int i = 0; i < 50'000; ++i) journal.append(frames::point(i), true);
    const Position half = *journal.boundary_after(journal.end() / 2);
    const std::string rest = all_from(journal, half);
    journal.forget(half);
    CHECK(journal.begin() == half);
    CHECK(journal.size() == rest.size());
    CHECK(all_from(journal, half) == rest);
}

TEST_CASE("boundaries are ends of units, and near") {
    Journal journal;
    for (int i = 0; i < 5000; ++i) journal.append(frames::batch({i, i}), true);
    const size_t unit = frames::batch({0, 0}).size();
    Position at = 0;
    while (const auto boundary = journal.boundary_after(at)) {
        CHECK(*boundary - at < 40'000);
        at = *boundary;
    }
    CHECK(at == journal.units_end());
    CHECK(journal.unit_end(0) == unit);
}

TEST_CASE("the end of a unit is that of a point, or of its whole batch") {
    Journal journal;
    const std::string batch = frames::batch({1, 2, 3});
    journal.append(batch, true);
    journal.append(frames::point(4), true);
    CHECK(journal.unit_end(0) == batch.size());
    CHECK(journal.unit_end(batch.size()) == journal.end());
    CHECK(journal.units(0, journal.end()) == 2);
}

TEST_CASE("frames are counted as they come and as they are forgotten, also between two noted ends") {
    Journal journal;
    std::vector<Position> ends;
    for (int i = 0; i < 3000; ++i) {
        journal.append(frames::point(i), true);
        ends.push_back(journal.end());
    }
    journal.append(frames::batch({1, 2}), true, 4);
    CHECK(journal.frames() == 3004);
    for (const size_t forgotten : {1, 2, 700, 701, 2999, 3000}) {
        journal.forget(ends[forgotten - 1]);
        CHECK(journal.frames() == 3004 - forgotten);
    }
    journal.forget(journal.end());
    CHECK(journal.frames() == 0);
}

TEST_CASE("a batch that has not ended is no unit") {
    Journal journal;
    journal.append(frames::point(1), true);
    const Position whole = journal.end();
    journal.append(frames::begin(), false);
    journal.append(frames::point(2), false);
    CHECK(journal.units_end() == whole);
    CHECK(!journal.boundary_after(whole));
    CHECK(!journal.unit_end(whole));
    journal.append(frames::end(), true);
    CHECK(journal.units_end() == journal.end());
}
