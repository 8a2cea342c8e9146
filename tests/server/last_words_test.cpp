// SPDX-License-Identifier: MIT
#include "server/last_words.h"

#include <doctest/doctest.h>
#include <sys/mman.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "plugin/contains.h"
#include "server/child_process.h"
#include "server/stderr_relay.h"

namespace {

constexpr int kSignals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

// Sanitizers have handlers, and a stack for them, of their own.
void behave_as_usual() {
    for (const int signal : kSignals) std::signal(signal, SIG_DFL);
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
}

// What a child says that runs `body` beside last words, and ends with that status.
template <class Body>
std::string heard(int status, Body&& body) {
    ChildProcess child([&] {
        behave_as_usual();
        server::relay_stderr();
        std::fputs("before\n", stderr);
        {
            const server::LastWords words({.algorithm = "evil"}, "evil.so");
            body();
        }
        std::exit(0);
        return true;
    });
    const std::string said = without_sanitizer(read_to_the_end(child.errors.get()));
    CHECK(child.status() == status);
    return said;
}

volatile int depth = 0;

[[gnu::noinline]] int overflow(int n) {
    volatile char room[4096];
    room[static_cast<size_t>(n) % sizeof room] = static_cast<char>(n);
    depth = depth + 1;
    return depth < 0 ? 0 : overflow(n + 1) + room[0];
}

}  // namespace

TEST_CASE("a signal that kills is told, with whose fault it was, and kills") {
    for (const int signal : kSignals) {
        const std::string said = heard(128 + signal, [signal] {
            if (signal == SIGABRT) std::abort();
            ::kill(::getpid(), signal);
            ::pause();
        });
        CHECK(said == Contains(" algorithm=evil plugin=evil.so stack="));
        CHECK(std::ranges::count(said, '\n') == 2);
        CHECK(said.starts_with("before\nudf-host: error: crashed by SIG"));
    }
}

TEST_CASE("a fault is told with the stack of its thread") {
    const std::string said = heard(128 + SIGSEGV, [] {
        auto* const page =
            static_cast<volatile char*>(::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        *page = 1;
    });
    // A sanitizer has a frame of its own in front.
    CHECK(said == Contains("crashed by SIGSEGV algorithm=evil plugin=evil.so stack=\""));
    CHECK(said == Contains(") < test_server(+0x"));
}

TEST_CASE("a stack that overflows is told, on other threads that have a stack for signals too") {
    CHECK(heard(128 + SIGSEGV, [] { overflow(0); }) == Contains("crashed by SIGSEGV"));
    CHECK(heard(128 + SIGSEGV, [] {
              std::thread([] {
                  const server::SignalStack stack;
                  overflow(0);
              }).join();
          }) == Contains("crashed by SIGSEGV"));
}

TEST_CASE("an exit in the middle is told, one after the end and one of a forked child are not") {
    CHECK(heard(1, [] { std::exit(0); }) ==
          "before\nudf-host: error: the plugin has ended the process by exit() algorithm=evil plugin=evil.so\n");
    CHECK(heard(0, [] {}) == "before\n");
    CHECK(heard(0, [] {
              server::flush_stderr();  // the relay is at work then, and holds no lock of the sanitizer
              if (const pid_t child = ::fork(); child == 0)
                  std::exit(4);
              else
                  ::waitpid(child, nullptr, 0);
          }) == "before\n");
}

TEST_CASE("a fault kills too where a later handler has called ours, as that of Go's runtime does") {
    static struct sigaction ours;
    CHECK(heard(128 + SIGSEGV, [] {
              struct sigaction later {};
              later.sa_sigaction = [](int signal, siginfo_t* info, void* context) {
                  ours.sa_sigaction(signal, info, context);
              };
              later.sa_flags = SA_SIGINFO | SA_ONSTACK;
              ::sigaction(SIGSEGV, &later, &ours);
              ::alarm(20);
              *static_cast<volatile char*>(::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) = 1;
          }) == Contains("crashed by SIGSEGV"));
}

TEST_CASE("a handler that is there already is left alone") {
    ChildProcess child([] {
        behave_as_usual();
        std::signal(SIGABRT, [](int) { ::_exit(7); });
        const server::LastWords words({.algorithm = "evil"}, "evil.so");
        std::abort();
        return false;
    });
    CHECK(child.status() == 7);
}
