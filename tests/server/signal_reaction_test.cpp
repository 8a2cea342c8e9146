// SPDX-License-Identifier: MIT
#include "server/signal_reaction.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <semaphore>
#include <thread>

using server::SignalReaction;

TEST_CASE("each signal has its reaction") {
    std::counting_semaphore<> reports(0);
    const SignalReaction signal(SIGUSR1, [&] { reports.release(); });
    for (int i = 0; i < 3; ++i) {
        REQUIRE(::kill(::getpid(), SIGUSR1) == 0);
        reports.acquire();
    }
}

TEST_CASE("the reaction is on a thread of its own") {
    std::binary_semaphore reported(0);
    std::thread::id reporter;
    const SignalReaction signal(SIGUSR1, [&] {
        reporter = std::this_thread::get_id();
        reported.release();
    });
    ::kill(::getpid(), SIGUSR1);
    reported.acquire();
    CHECK(reporter != std::this_thread::get_id());
}

TEST_CASE("a thread that takes the signal does no harm") {
    std::binary_semaphore reported(0);
    std::atomic<std::thread::id> reporter, taker;
    const SignalReaction signal(SIGUSR1, [&] {
        reporter = std::this_thread::get_id();
        reported.release();
    });
    std::thread([&] {
        taker = std::this_thread::get_id();
        sigset_t none;
        ::sigemptyset(&none);
        ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
        ::raise(SIGUSR1);
    }).join();
    reported.acquire();
    CHECK(reporter.load() != taker.load());
}

TEST_CASE("after the end of its object the signal is ignored") {
    std::atomic<int> reports = 0;
    {
        const SignalReaction signal(SIGUSR1, [&] { ++reports; });
    }
    CHECK(::kill(::getpid(), SIGUSR1) == 0);
    {
        std::binary_semaphore reported(0);
        const SignalReaction next(SIGUSR1, [&] { reported.release(); });
        ::kill(::getpid(), SIGUSR1);
        reported.acquire();
    }
    CHECK(reports == 0);
}

TEST_CASE("each signal has a reaction of its own") {
    std::binary_semaphore reported(0), replaced(0);
    const SignalReaction report(SIGUSR1, [&] { reported.release(); });
    const SignalReaction replace(SIGHUP, [&] { replaced.release(); });
    ::kill(::getpid(), SIGHUP);
    replaced.acquire();
    CHECK(!reported.try_acquire());
    ::kill(::getpid(), SIGUSR1);
    reported.acquire();
    CHECK(!replaced.try_acquire());
}
