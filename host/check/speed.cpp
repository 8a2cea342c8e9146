// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <vector>

#include "check/families.h"

namespace check {

void speed(const Subject& subject) {
    using Clock = std::chrono::steady_clock;
    using Microseconds = std::chrono::duration<double, std::micro>;
    constexpr size_t kPoints = 1000, kMostRounds = 200, kLeastRounds = 3;
    constexpr std::chrono::milliseconds kLongEnough(300);
    constexpr double kSlow = 1000;  // microseconds a point

    const Input input = subject.inputs.ordinary(kPoints);
    Handler handler(subject.algorithm, subject.options);
    handler.keep_nothing();
    std::vector<InputMemory> memory;
    for (size_t at = 0; at < input.points.size(); at += 100)
        memory.emplace_back(std::span(input.points).subspan(at, 100), Memory::plain);
    std::vector<double> times;  // of a point
    const auto end = Clock::now() + kLongEnough;
    while (times.size() < kMostRounds && (times.size() < kLeastRounds || Clock::now() < end)) {
        const auto begin = Clock::now();
        for (InputMemory& each : memory) handler.points(each);
        if (memory.empty()) handler.feed(input);
        times.push_back(Microseconds(Clock::now() - begin).count() / kPoints);
        if (times.back() > kSlow) break;
    }
    handler.stop();
    handler.destroy();
    std::ranges::nth_element(times, times.begin() + static_cast<ptrdiff_t>(times.size() / 2));
    const double median = times[times.size() / 2];
    subject.notes.found(median > kSlow ? Status::warn : Status::pass, fmt::format("{:.3g} us a point", median));
}

}  // namespace check
