// SPDX-License-Identifier: MIT
#include "text/rfc3339.h"

#include <doctest/doctest.h>

#include "support/check_property.h"

using std::chrono::nanoseconds;
using std::chrono::system_clock;

TEST_CASE("the first and the last time that there are can be written") {
    CHECK(text::rfc3339(system_clock::time_point(nanoseconds::min())) == "1677-09-21T00:12:43.145224192Z");
    CHECK(text::rfc3339(system_clock::time_point(nanoseconds::max())) == "2262-04-11T23:47:16.854775807Z");
}

TEST_CASE("a time is written in UTC without zeros at its end") {
    CHECK(text::rfc3339(system_clock::time_point()) == "1970-01-01T00:00:00Z");
    CHECK(text::rfc3339(system_clock::time_point(nanoseconds(1'714'564'800'250'000'000))) == "2024-05-01T12:00:00.25Z");
    CHECK(text::rfc3339(system_clock::time_point(nanoseconds(-1))) == "1969-12-31T23:59:59.999999999Z");
}

TEST_CASE("a time that was written is read again") {
    support::check_property([](int64_t ns) {
        // A second at each end is for the reader's peace: the fraction is added last.
        const int64_t limit = nanoseconds::max().count() - 1'000'000'000;
        RC_PRE(ns < limit && ns > -limit);
        const system_clock::time_point time{nanoseconds(ns)};
        RC_ASSERT(text::parse_rfc3339(text::rfc3339(time)) == time);
    });
}

TEST_CASE("what is no time in UTC is not read as one") {
    for (const char* const bad :
         {"", "Z", "yesterday", "2024-05-01", "2024-05-01T12:00:00", "2024-05-01T12:00:00+01:00",
          "2024-05-01T12:00:00.Z", "2024-05-01T12:00:00.1234567890Z", "2024-05-01T12:00:00.-1Z",
          "2024-05-01T12:00:00ZZ", "2024-13-01T12:00:00Z", "9999-01-01T00:00:00Z", "1066-10-14T09:00:00Z"}) {
        CAPTURE(bad);
        CHECK(!text::parse_rfc3339(bad));
    }
}
