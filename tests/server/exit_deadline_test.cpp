// SPDX-License-Identifier: MIT
#include "server/exit_deadline.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "server/child_process.h"
#include "server/stderr_relay.h"

using namespace std::chrono_literals;

namespace {

void hang() {
    for (;;) ::pause();
}

}  // namespace

TEST_CASE("a process that hangs at its end is gone in time, with the status that was meant") {
    ChildProcess child([]() -> bool {
        std::atexit(hang);
        server::exit_within(50ms, 7);
        std::exit(0);
    });
    CHECK(child.status() == 7);
}

TEST_CASE("a process that ends by itself does not wait") {
    const auto start = std::chrono::steady_clock::now();
    ChildProcess child([]() -> bool {
        server::exit_within(1h, 7);
        std::exit(3);
    });
    CHECK(child.status() == 3);
    CHECK(std::chrono::steady_clock::now() - start < 1h);
}

TEST_CASE("what was said before a hang is heard") {
    ChildProcess child([]() -> bool {
        server::relay_stderr();
        std::atexit(hang);
        server::exit_within(50ms, 0);
        (void)!::write(STDERR_FILENO, "the last words", 14);
        std::exit(1);
    });
    CHECK(read_to_the_end(child.errors.get()) == "the last words\n");
    CHECK(child.status() == 0);
}
