// SPDX-License-Identifier: MIT
#include "supervisor/suspicion.h"

#include <doctest/doctest.h>

using supervisor::Suspicion;

TEST_CASE("two deaths by the worker's own fault are proof, or four by somebody else's hand") {
    Suspicion suspicion;
    CHECK(!suspicion.is_proven(7, true));
    CHECK(suspicion.is_proven(7, true));
    CHECK(suspicion.deaths() == 2);
    for (int i = 0; i < 3; ++i) CHECK(!suspicion.is_proven(7, false));
    CHECK(suspicion.is_proven(7, false));
    CHECK(suspicion.deaths() == 4);
}

TEST_CASE("a death with another unit clears the one that was suspected") {
    Suspicion suspicion;
    CHECK(!suspicion.is_proven(7, true));
    CHECK(!suspicion.is_proven(9, true));
    CHECK(!suspicion.is_proven(7, true));
    CHECK(suspicion.deaths() == 1);
}
