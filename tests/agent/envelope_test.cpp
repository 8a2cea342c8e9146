// SPDX-License-Identifier: MIT
#include "agent/envelope.h"

#include <doctest/doctest.h>

#include "support/check_property.h"

using agent::BadEnvelope;

TEST_CASE("a state comes out of its envelope as it went in") {
    support::check_property([](const std::string& state, uint32_t version) {
        const std::string envelope = agent::wrap("moving_avg", version, state);
        const agent::Snapshot out = agent::unwrap(envelope, "moving_avg");
        RC_ASSERT(out.state == state);
        RC_ASSERT(out.state_version == version);
    });
}

TEST_CASE("a torn or changed envelope is refused") {
    const std::string good = agent::wrap("moving_avg", 3, "the state of it");
    for (size_t n = 0; n < good.size(); ++n) {
        CHECK_THROWS_AS(agent::unwrap(good.substr(0, n), "moving_avg"), BadEnvelope);
        std::string changed = good;
        changed[n] = static_cast<char>(changed[n] ^ 0x20);
        const size_t version_at = 5 + 4 + 10;  // the version alone is not covered by the checksum
        if (n < version_at || n >= version_at + 4) CHECK_THROWS_AS(agent::unwrap(changed, "moving_avg"), BadEnvelope);
    }
}

TEST_CASE("a snapshot of another algorithm or another program says so") {
    const std::string mine = agent::wrap("moving_avg", 1, "x");
    CHECK_THROWS_WITH_AS(agent::unwrap(mine, "outliers"),
                         "the snapshot is of algorithm 'moving_avg', not of 'outliers'", BadEnvelope);
    CHECK_THROWS_WITH_AS(agent::unwrap("{\"json\":1}", "outliers"),
                         "the snapshot was not made by udf-host; delete the task's snapshot to start afresh",
                         BadEnvelope);
}
