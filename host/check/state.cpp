// SPDX-License-Identifier: MIT
//
// What an algorithm knows of the past, and whether it survives a restart.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "check/families.h"

namespace check {
namespace {

constexpr size_t kPast = 90, kAfter = 90;

struct Parts {
    Input past, after;
};
Parts parts(const Subject& subject) {
    return {subject.inputs.ordinary(kPast), subject.inputs.ordinary(kAfter, 0, kPast)};
}

Emitted finished(Handler& handler, const Input& rest) {
    handler.feed(rest);
    handler.stop();
    handler.destroy();
    return handler.take();
}

// What a handler emits for the second input when it has had the first.
Emitted later(const Subject& subject, const Input& past, const Input& after) {
    Handler handler(subject.algorithm, subject.options);
    handler.feed(past);
    handler.take();
    return finished(handler, after);
}

std::string taken(const Subject& subject, const Input& past) {
    Handler handler(subject.algorithm, subject.options);
    handler.feed(past);
    return handler.snapshot();
}

// Refusing it is good, with a message; taking it must leave a handler that works.
void try_state(const Subject& subject, const std::string& what, uint32_t version, std::string_view state) {
    subject.notes.at("restore with {}", what);
    Handler handler(subject.algorithm, subject.options);
    try {
        handler.restore(version, state);
    } catch (const HandlerFailed& e) {
        if (e.message.empty()) subject.notes.warn("refuses {} without a message", what);
        return;
    }
    try {
        handler.feed(subject.inputs.ordinary(12));
        handler.stop();
        handler.destroy();
    } catch (const HandlerFailed& e) {
        subject.notes.fail("takes {}, and then {}", what, e.what());
    }
}

}  // namespace

void snapshot(const Subject& subject) {
    const auto [past, after] = parts(subject);
    if (!subject.comparable(past)) return;
    subject.notes.at("no snapshot");
    const Emitted expected = later(subject, past, after);

    subject.notes.at("snapshots while points come");
    Handler handler(subject.algorithm, subject.options);
    handler.snapshot();
    handler.feed(past);
    handler.take();
    const std::string first = handler.snapshot(), second = handler.snapshot();
    if (first != second)
        subject.notes.warn("two snapshots with nothing in between differ ({} and {} bytes)", first.size(),
                           second.size());
    if (const std::string how = difference(expected, finished(handler, after)); !how.empty())
        subject.notes.fail("what is emitted after a snapshot is another than without: {}", how);
    subject.notes.tell("{} bytes after {} points of 3 groups", first.size(), kPast);
}

void restore(const Subject& subject) {
    const auto [past, after] = parts(subject);
    if (!subject.comparable(past)) return;
    subject.notes.at("no restart");
    const Emitted expected = later(subject, past, after);

    subject.notes.at("snapshot, restore into a new handler");
    const std::string state = taken(subject, past);
    Handler restored(subject.algorithm, subject.options);
    restored.restore(subject.algorithm.state_version, state);
    if (const std::string how = difference(expected, finished(restored, after)); !how.empty())
        subject.notes.fail("what a restored handler emits is another than without a restart: {}", how);

    subject.notes.at("the snapshot of a handler that has seen nothing, restored");
    const std::string nothing = taken(subject, {});
    const Emitted from_new = subject.life(past);
    Handler fresh(subject.algorithm, subject.options);
    fresh.restore(subject.algorithm.state_version, nothing);
    if (const std::string how = difference(from_new, finished(fresh, past)); !how.empty())
        subject.notes.fail("a handler restored to the very beginning is another than a new one: {}", how);
}

void bad_states(const Subject& subject) {
    const std::string good = taken(subject, subject.inputs.ordinary(kPast));
    const uint32_t version = subject.algorithm.state_version;
    try_state(subject, "a state of no bytes", version, "");
    try_state(subject, "zeros", version, std::string(64, '\0'));
    try_state(subject, "random bytes", version, "\x93\xfe\x01{]\"\xff\xff\xff\xff\x7f\n0 1 2 99999999999999999999");
    try_state(subject, "a number where a state should be", version, "-1");
    try_state(subject, "bytes behind the end of a state", version, good + "more");
    try_state(subject, "a state of a later format", version + 1, good);
    try_state(subject, "a state of an earlier format", version - 1, good);
    const size_t step = std::max<size_t>(1, good.size() / 40);
    for (size_t size = 1; size < good.size(); size += step)
        try_state(subject, fmt::format("a state cut off after {} of {} bytes", size, good.size()), version,
                  std::string_view(good).substr(0, size));
    for (size_t at = 0; at < good.size(); at += step) {
        std::string damaged = good;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x80);
        try_state(subject, fmt::format("a state with byte {} of {} damaged", at, good.size()), version, damaged);
    }
}

void state_kept(const Subject& subject) {
    const auto [past, after] = parts(subject);
    if (!subject.comparable(past)) return;
    subject.notes.at("what is emitted for later points, with and without earlier ones");
    const Emitted with_past = later(subject, past, after);
    if (const std::string how = difference(with_past, later(subject, {}, after)); !how.empty())
        subject.notes.warn("what it emits depends on earlier points, and it has no snapshot (without them: {})", how);
}

}  // namespace check
