// SPDX-License-Identifier: MIT
#include "check/process_state.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <cfenv>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>

#include "wire/unique_fd.h"

using check::changes;
using check::ProcessState;

TEST_CASE("what is changed of the process is named, one by one") {
    const ProcessState before = ProcessState::now();
    CHECK(changes(before, ProcessState::now(), true).empty());

    const mode_t mask = ::umask(0123);
    std::fesetround(FE_UPWARD);
    ::setenv("CHECK_TEST", "new", 1);
    const auto handler = std::signal(SIGHUP, [](int) {});
    const ProcessState after = ProcessState::now();
    ::umask(mask);
    std::fesetround(FE_TONEAREST);
    ::unsetenv("CHECK_TEST");
    std::signal(SIGHUP, handler);

    const auto found = changes(before, after, true);
    REQUIRE(found.size() == 4);
    CHECK(found[0].starts_with("the umask (123, not "));
    CHECK(found[1] == "how the processor computes with doubles (rounding, tiny numbers or traps)");
    CHECK(found[2] == "the handling of SIGHUP");
    CHECK(found[3] == "the environment (CHECK_TEST=new)");
    CHECK(changes(before, after, false).size() == 3);
}

TEST_CASE("threads and descriptors are counted") {
    const check::Possessions before = check::Possessions::now();
    std::atomic<bool> stop = false;
    std::thread thread([&] { stop.wait(false); });
    const wire::unique_fd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const check::Possessions after = check::Possessions::now();
    stop = true;
    stop.notify_one();
    thread.join();
    CHECK(after.threads == before.threads + 1);
    CHECK(after.descriptors == before.descriptors + 1);
    CHECK(after.children == before.children);
}

TEST_CASE("memory that is allocated is counted until it is freed") {
    constexpr size_t kBytes = 1 << 20;  // more than the allocator keeps at hand
    const size_t before = check::allocated_bytes();
    void* const memory = std::malloc(kBytes);
    const size_t with = check::allocated_bytes();
    std::free(memory);
    CHECK(memory != nullptr);
    CHECK(with >= before + kBytes);
}
