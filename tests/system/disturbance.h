// SPDX-License-Identifier: MIT
//
// A load that is disturbed on its way, at random moments spread over the whole of it, and the same load left
// in peace, for comparison. The seed is printed; the environment's UDF_TEST_SEED repeats a run.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "system/prebuilt_load.h"
#include "system/supervised_task.h"

class Random {
public:
    Random() : Random(chosen_seed()) {}

    // From 0 to below `end`.
    size_t below(size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(engine_); }
    // Lets up to so much time pass, at work: no sleep is as short.
    void spin_up_to(std::chrono::microseconds most) {
        const auto until =
            std::chrono::steady_clock::now() + std::chrono::microseconds(below(static_cast<size_t>(most.count()) + 1));
        while (std::chrono::steady_clock::now() < until) {
        }
    }

private:
    explicit Random(uint64_t seed) : engine_(seed) { MESSAGE("UDF_TEST_SEED=", seed); }
    static uint64_t chosen_seed() {
        const char* const given = std::getenv("UDF_TEST_SEED");
        return given != nullptr ? std::stoull(given) : std::random_device()();
    }
    std::mt19937_64 engine_;
};

// A thread whose failure is thrown again by join().
class Helper {
public:
    explicit Helper(std::function<void()> work)
        : thread_([this, work = std::move(work)] {
              try {
                  work();
              } catch (...) {
                  failure_ = std::current_exception();
              }
              done_ = true;
          }) {}
    Helper(const Helper&) = delete;
    Helper& operator=(const Helper&) = delete;
    ~Helper() {
        if (thread_.joinable()) thread_.join();
    }
    bool is_done() const noexcept { return done_; }
    void join() {
        thread_.join();
        if (failure_) std::rethrow_exception(failure_);
    }

private:
    std::exception_ptr failure_;
    std::atomic<bool> done_{false};
    std::thread thread_;
};

// Feeds the load in one piece more than there are disturbances. Each of these comes while the output of its
// piece does, and before the next piece is fed: all find a task at work, and work is behind them. `disturb`
// gets their number and is called on a thread of its own.
inline void feed_disturbed(SupervisedTask& task, const PrebuiltLoad& load, size_t times, Random& random,
                           const std::function<void(size_t)>& disturb) {
    const size_t before = task.units();
    const auto begin_of = [&](size_t piece) { return load.units() * piece / (times + 1); };
    std::atomic<size_t> done{0};
    Helper disturbing([&] {
        for (size_t i = 0; i < times; ++i) {
            task.wait_for_units(before + begin_of(i) + random.below(begin_of(i + 1) - begin_of(i)));
            random.spin_up_to(std::chrono::microseconds(500));
            disturb(i);
            done = i + 1;
        }
    });
    constexpr size_t kTogether = 500;  // units: for others to get a word in
    for (size_t piece = 0; piece <= times; ++piece) {
        while (done < piece && !disturbing.is_done()) std::this_thread::sleep_for(std::chrono::microseconds(50));
        for (size_t at = begin_of(piece); at < begin_of(piece + 1); at += kTogether)
            task.feed(load.of(at, std::min(at + kTogether, begin_of(piece + 1))));
    }
    disturbing.join();
}

// Feeds the load over and over until it is stopped, and stays so near to what comes out that the end is
// near when the input ends.
class EndlessFeed {
public:
    EndlessFeed(SupervisedTask& task, const PrebuiltLoad& load) : helper_([this, &task, &load] { run(task, load); }) {}
    EndlessFeed(const EndlessFeed&) = delete;
    EndlessFeed& operator=(const EndlessFeed&) = delete;
    ~EndlessFeed() { stopped_ = true; }
    // How many units it has fed, in whole ones.
    size_t stop() {
        stopped_ = true;
        helper_.join();
        return fed_;
    }

private:
    void run(SupervisedTask& task, const PrebuiltLoad& load) {
        constexpr size_t kTogether = 100, kMostAhead = 20'000;  // units
        const size_t before = task.units();
        for (size_t at = 0; !stopped_; at = (at + kTogether) % load.units()) {
            while (before + fed_ > task.units() + kMostAhead && !stopped_)
                std::this_thread::sleep_for(std::chrono::microseconds(50));
            const size_t end = std::min(at + kTogether, load.units());
            if (!task.feed(load.of(at, end))) return;
            fed_ += end - at;
        }
    }
    std::atomic<bool> stopped_{false};
    size_t fed_ = 0;
    Helper helper_;
};

// What the direct agent makes of the load.
inline std::vector<uint64_t> undisturbed(Arguments arguments, const std::vector<pb::Option>& options,
                                         const PrebuiltLoad& load) {
    arguments.insert(arguments.end(), {"--isolation", "none"});
    SupervisedTask task(arguments);
    task.init(options);
    task.feed(load.bytes);
    REQUIRE_MESSAGE(task.finish() == 0, task.said());
    return task.output();
}

// What passes everything through makes of it.
inline std::vector<uint64_t> passed_through(const PrebuiltLoad& load) {
    Digest digest;
    digest.add_frames(load.bytes);
    return digest.of_each();
}
