// SPDX-License-Identifier: MIT
//
// Handlers of one plugin beside each other, on one thread and on several.
#include <array>
#include <exception>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "check/families.h"

namespace check {
namespace {

constexpr size_t kPointsEach = 60, kSteps = 6;

template <class Item>
std::vector<Item> part(const std::vector<Item>& items, size_t step) {
    return {items.begin() + static_cast<ptrdiff_t>(items.size() * step / kSteps),
            items.begin() + static_cast<ptrdiff_t>(items.size() * (step + 1) / kSteps)};
}

Input part(const Input& input, size_t step) { return {part(input.points, step), part(input.batches, step)}; }

}  // namespace

void handlers_apart(const Subject& subject) {
    const Input mine = subject.inputs.ordinary(kPointsEach, 0), others = subject.inputs.ordinary(kPointsEach, 1);
    if (!subject.comparable(mine)) return;
    subject.notes.at("each handler alone");
    const auto alone = [&](const Input& input) {
        Handler handler(subject.algorithm, subject.options);
        for (size_t step = 0; step < kSteps; ++step) handler.feed(part(input, step));
        handler.stop();
        handler.destroy();
        return handler.take();
    };
    const Emitted mine_alone = alone(mine), others_alone = alone(others);

    subject.notes.at("two handlers in turn");
    Handler a(subject.algorithm, subject.options), b(subject.algorithm, subject.options);
    for (size_t step = 0; step < kSteps; ++step) {
        a.feed(part(mine, step));
        b.feed(part(others, step));
    }
    for (Handler* const handler : {&a, &b}) {
        handler->stop();
        handler->destroy();
    }
    const std::string first = difference(mine_alone, a.take()), second = difference(others_alone, b.take());
    if (!first.empty() || !second.empty())
        subject.notes.fail("beside another handler the output is another than alone: {}",
                           first.empty() ? second : first);
}

void threads(const Subject& subject) {
    constexpr size_t kThreads = 4, kRounds = 8, kMany = 300, kPointsARun = 10;
    if (!subject.comparable(subject.inputs.ordinary(kMany))) return;
    subject.notes.at("each handler alone");
    std::vector<Input> inputs;
    std::vector<Emitted> alone;
    for (size_t i = 0; i < kThreads; ++i) {
        inputs.push_back(subject.inputs.ordinary(kMany, static_cast<int>(i)));
        alone.push_back(subject.life(inputs.back(), kPointsARun));
    }
    subject.notes.at("handlers on {} threads at once", kThreads);
    std::array<std::string, kThreads> problems;
    const auto live = [&](size_t i) {
        try {
            for (size_t round = 0; round < kRounds && problems[i].empty(); ++round)
                problems[i] = difference(alone[i], subject.life(inputs[i], kPointsARun));
        } catch (const std::exception& e) {
            problems[i] = e.what();
        }
    };
    std::vector<std::thread> all;
    for (size_t i = 0; i < kThreads; ++i) all.emplace_back(live, i);
    for (std::thread& each : all) each.join();
    for (const std::string& problem : problems)
        if (!problem.empty()) {
            subject.notes.fail("beside handlers on other threads the output is another than alone: {}", problem);
            return;
        }
}

}  // namespace check
