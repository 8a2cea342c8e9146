// SPDX-License-Identifier: MIT
//
// Points and batches that an algorithm may be given, usual and not, and what comes of them.
#include <fmt/format.h>

#include <array>
#include <string>

#include "check/families.h"

namespace check {
namespace {

constexpr size_t kAround = 6;

// Each in a handler of its own, between ordinary points. To give up with a message is allowed, but ends the task.
void try_each(const Subject& subject, const std::vector<Inputs::Unusual>& all) {
    for (const auto& [what, input] : all) {
        subject.notes.at("{}", what);
        Handler handler(subject.algorithm, subject.options);
        handler.keep_nothing();
        try {
            handler.feed(subject.inputs.ordinary(kAround));
            handler.feed(input);
            handler.feed(subject.inputs.ordinary(kAround, 0, kAround));
            handler.stop();
        } catch (const HandlerFailed& e) {
            subject.notes.found(e.message.empty() ? Status::fail : Status::warn,
                                fmt::format("fails at {}: {}", what, e.what()));
        }
        handler.destroy();
    }
}

}  // namespace

void unusual_points(const Subject& subject) { try_each(subject, subject.inputs.unusual_points()); }

void unusual_batches(const Subject& subject) { try_each(subject, subject.inputs.unusual_batches()); }

void repeatable(const Subject& subject) {
    const Input input = subject.inputs.ordinary(120);
    const Emitted first = subject.life(input);
    for (int i = 0; i < 3; ++i)
        if (const std::string how = difference(first, subject.life(input)); !how.empty()) {
            subject.notes.warn("gave another output for the same input: {}", how);
            return;
        }
    if (first.size() == 0)
        subject.notes.tell("nothing came out for {} points: with other options there may be more to see", 120);
}

void run_lengths(const Subject& subject) {
    const Input input = subject.inputs.ordinary(1200);
    if (!subject.comparable(input)) return;
    subject.notes.at("1,000 points a call");
    const Emitted whole = subject.life(input, 1000);
    for (const size_t length : std::array<size_t, 3>{1, 2, 7}) {
        subject.notes.at("{} a call", length);
        if (const std::string how = difference(whole, subject.life(input, length)); !how.empty()) {
            subject.notes.fail("with {} point{} a call the output is another than with 1,000: {}", length,
                               length == 1 ? "" : "s", how);
            return;
        }
    }
}

}  // namespace check
