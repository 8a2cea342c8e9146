// SPDX-License-Identifier: MIT
#include "metrics/totals.h"

#include <doctest/doctest.h>

#include "metrics/sessions.h"

using metrics::Session;
using metrics::Totals;
using std::chrono::system_clock;

TEST_CASE("two connections with the same labels are one, with the sums of their counts") {
    Session a = session_of("avg", "cpu", "avg2", 3), b = session_of("avg", "cpu", "avg2", 4);
    a.out.bytes = 10;
    b.out.bytes = 5;
    a.handler.counts[2] = 7;
    b.handler.counts[2] = 1;
    a.guard = {{"utf8", 1}, {"group", 0}};
    b.guard = {{"utf8", 2}, {"group", 5}};
    a.restarts[1] = 1;
    b.restarts[1] = 1;
    a.journal_bytes = 100;
    b.journal_bytes = 11;
    const Totals totals = metrics::totals({a, b, session_of("avg", "cpu", "avg3", 1)});
    REQUIRE(totals.size() == 2);
    const metrics::Total& total = totals.at({"avg", "cpu", "avg2"});
    CHECK(total.connections == 2);
    CHECK(total.counts.in.points == 7);
    CHECK(total.counts.out.bytes == 15);
    CHECK(total.counts.handler.counts[2] == 8);
    CHECK(total.counts.guard == decltype(total.counts.guard){{"utf8", 3}, {"group", 5}});
    CHECK(total.counts.restarts[1] == 2);
    CHECK(total.journal_bytes == 111);
}

TEST_CASE("what ended connections did stays, and what they had goes") {
    Session gone = ended(session_of("avg", "cpu", "avg2", 5));
    gone.journal_bytes = 100;
    gone.checkpoint = {.taken = {}, .bytes = 7};
    const metrics::Total total =
        metrics::totals({session_of("avg", "cpu", "avg2", 1), gone}).at({"avg", "cpu", "avg2"});
    CHECK(total.counts.in.points == 6);
    CHECK(total.connections == 1);
    CHECK(total.journal_bytes == 0);
    CHECK(!total.checkpoint);
}

TEST_CASE("of checkpoints the age is the oldest's and the size that of all") {
    const auto now = system_clock::now();
    Session a = session_of("avg", "cpu", "avg2"), b = a;
    a.checkpoint = {.taken = now, .bytes = 10};
    b.checkpoint = {.taken = now - std::chrono::seconds(5), .bytes = 3};
    const metrics::Total total = metrics::totals({a, b, session_of("avg", "cpu", "avg2")}).at({"avg", "cpu", "avg2"});
    REQUIRE(total.checkpoint);
    CHECK(total.checkpoint->taken == now - std::chrono::seconds(5));
    CHECK(total.checkpoint->bytes == 13);
}

TEST_CASE("a connection that only asks what the function is does not show") {
    CHECK(metrics::totals({session_of("avg", "", "", 0), ended(session_of("avg", "", "", 0))}).empty());
    CHECK(metrics::totals({session_of("avg", "", "", 1)}).size() == 1);
    Session dies = session_of("avg", "", "", 0);
    dies.restarts[0] = 1;
    CHECK(metrics::totals({dies}).size() == 1);
}

TEST_CASE("labels are UTF-8") {
    CHECK(metrics::totals({session_of("a\xff", "t", "n")}).begin()->first.algorithm == "a\xef\xbf\xbd");
}
