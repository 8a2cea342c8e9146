// SPDX-License-Identifier: MIT
//
// The calls of a handler's life in every order that the host may make them.
#include <algorithm>
#include <memory>
#include <vector>

#include "check/families.h"

namespace check {
namespace {

constexpr size_t kPoints = 60, kPointsARun = 7;

}  // namespace

void lifecycle(const Subject& subject) {
    const Input input = subject.inputs.ordinary(kPoints);
    const auto live = [&](const char* what, bool feeds, bool stops) {
        subject.notes.at("{}", what);
        Handler handler(subject.algorithm, subject.options);
        if (feeds) handler.feed(input, kPointsARun);
        if (stops) handler.stop();
        handler.destroy();
    };
    live("create, destroy", false, false);
    live("create, stop, destroy", false, true);
    live("create, data, destroy", true, false);
    live("create, data, stop, destroy", true, true);
}

void stream_closed(const Subject& subject) {
    constexpr size_t kMost = 12, kInOneRun = 200, kForgiven = 50;
    const Input input = subject.inputs.ordinary(kPoints), long_run = subject.inputs.ordinary(kInOneRun);
    const auto live = [&](const char* what, size_t before, const Input& fed, size_t run_length) {
        subject.notes.at("the stream ends {}", what);
        Handler handler(subject.algorithm, subject.options);
        handler.close_after(before);
        try {
            handler.feed({.points = fed.points}, run_length);
            for (const Batch& batch : fed.batches)
                if (handler.refused_emits() == 0) handler.batch(batch, run_length);
            handler.stop();
        } catch (const HandlerFailed& e) {
            subject.notes.fail("{} once the stream had ended", e.what());
        }
        handler.destroy();
        return handler.refused_emits();
    };
    for (size_t before = 0; before < kMost; ++before)
        if (live("while it emits", before, input, kPointsARun) == 0) break;
    if (const size_t refused = live("in the middle of a long run", 1, long_run, Handler::kAll); refused > kForgiven)
        subject.notes.warn("went on emitting {} times after it had been told that the stream has ended", refused);

    subject.notes.at("the stream ends before stop");
    Handler handler(subject.algorithm, subject.options);
    handler.feed(input);
    handler.close_after(0);
    try {
        handler.stop();
    } catch (const HandlerFailed& e) {
        subject.notes.fail("{} once the stream had ended", e.what());
    }
    handler.destroy();
}

void many_handlers(const Subject& subject) {
    constexpr size_t kInARow = 1000, kAtOnce = 200;
    const Input input = subject.inputs.ordinary(6);
    subject.notes.at("{} handlers, one after another", kInARow);
    for (size_t i = 0; i < kInARow; ++i) {
        Handler handler(subject.algorithm, subject.options);
        handler.keep_nothing();
        handler.feed(input);
        handler.stop();
        handler.destroy();
    }
    subject.notes.at("{} handlers at once", kAtOnce);
    std::vector<std::unique_ptr<Handler>> handlers;
    for (size_t i = 0; i < kAtOnce; ++i)
        handlers.push_back(std::make_unique<Handler>(subject.algorithm, subject.options));
    for (const auto& handler : handlers) handler->feed(input);
    std::ranges::reverse(handlers);
    for (const auto& handler : handlers) {
        handler->stop();
        handler->destroy();
    }
}

}  // namespace check
