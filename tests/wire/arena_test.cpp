// SPDX-License-Identifier: MIT
#include "wire/arena.h"

#include <doctest/doctest.h>

#include <numeric>
#include <span>

namespace {

std::span<int> put(wire::Arena<int>& arena, size_t count, int first) {
    int* const items = arena.room(count);
    std::iota(items, items + count, first);
    arena.commit(items + count);
    return {items, count};
}

bool holds(std::span<const int> items, int first) {
    for (const int item : items)
        if (item != first++) return false;
    return true;
}

}  // namespace

TEST_CASE("an arena keeps what it holds in place while it grows") {
    wire::Arena<int> arena;
    std::vector<std::span<int>> all;
    for (int i = 0; i < 3000; ++i) all.push_back(put(arena, static_cast<size_t>(i % 50), i));
    for (int i = 0; i < 3000; ++i) CHECK(holds(all[static_cast<size_t>(i)], i));
}

TEST_CASE("room that was not committed is given again") {
    wire::Arena<int> arena;
    int* const first = arena.room(100);
    arena.commit(first + 10);
    CHECK(arena.room(100) == first + 10);
    CHECK(arena.room(20) == first + 10);
}

TEST_CASE("an arena gives more in a row than it usually asks for at once") {
    wire::Arena<int> arena;
    const auto small = put(arena, 10, 1), large = put(arena, 100'000, 7), after = put(arena, 10, 3);
    CHECK(holds(small, 1));
    CHECK(holds(large, 7));
    CHECK(holds(after, 3));
}

TEST_CASE("a cleared arena uses its memory again") {
    wire::Arena<int> arena;
    const int* const before = put(arena, 5, 0).data();
    put(arena, 10'000, 0);
    for (int round = 0; round < 200; ++round) {
        arena.clear();
        const auto items = put(arena, 5, round);
        CHECK(items.data() == before);
        CHECK(holds(items, round));
        CHECK(holds(put(arena, 100, 9), 9));
    }
}
