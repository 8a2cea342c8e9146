// SPDX-License-Identifier: MIT
#include "wire/buffer.h"

#include <doctest/doctest.h>

#include <string>

#include "support/check_property.h"

TEST_CASE("a buffer holds what was appended and not yet consumed") {
    support::check_property([] {
        wire::Buffer buffer;
        std::string expected;
        const int steps = *rc::gen::inRange(0, 200);
        for (int i = 0; i < steps; ++i) {
            if (*rc::gen::inRange(0, 3)) {
                const std::string bytes(*rc::gen::inRange<size_t>(0, 50'000), static_cast<char>('a' + i % 26));
                buffer.append(bytes);
                expected += bytes;
            } else if (*rc::gen::arbitrary<bool>()) {
                const size_t n = *rc::gen::inRange<size_t>(0, expected.size() + 1);
                buffer.consume(n);
                expected.erase(0, n);
            } else {
                const size_t n = *rc::gen::inRange<size_t>(0, expected.size() + 1);
                buffer.truncate(n);
                expected.resize(n);
            }
            RC_ASSERT(buffer.view() == expected);
        }
    });
}

TEST_CASE("an empty buffer gives large memory back") {
    wire::Buffer buffer;
    buffer.append(std::string(1'000'000, 'x'));
    buffer.shrink(1000);
    CHECK(buffer.size() == 1'000'000);
    buffer.consume(1'000'000);
    buffer.shrink(1000);
    buffer.append("again");
    CHECK(buffer.view() == "again");
}
