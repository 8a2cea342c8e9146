// SPDX-License-Identifier: MIT
//
// What a handler does with memory of the host's, and what it leaves behind when it is gone.
#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "check/families.h"

namespace check {
namespace {

// One whole life. The input is made once: what is allocated besides is the plugin's.
void live(const Subject& subject, const Input& input) {
    Handler handler(subject.algorithm, subject.options);
    handler.keep_nothing();
    handler.feed(input, 5);
    if (subject.algorithm.snapshot != nullptr) handler.snapshot();
    handler.stop();
    handler.destroy();
}

using FindLeaks = int (*)();

}  // namespace

// What goes wrong here ends the process: explain_crashes() says why.
void host_memory(const Subject& subject) {
    subject.notes.at("memory that can be read during a call only");
    const Input input = subject.inputs.ordinary(40);
    Handler handler(subject.algorithm, subject.options, Memory::guarded);
    handler.feed(input, 5);
    if (subject.algorithm.snapshot != nullptr) {
        Handler other(subject.algorithm, subject.options, Memory::guarded);
        try {
            other.restore(subject.algorithm.state_version, handler.snapshot());
            other.feed(input);
            other.stop();
        } catch (const HandlerFailed&) {
            // is what another check is about
        }
        other.destroy();
    }
    handler.stop();
    handler.destroy();
}

// Memory that is allocated once, or now and then, is no leak: what grows with each handler is.
void leaks(const Subject& subject) {
    constexpr size_t kWarmUp = 30, kRounds = 5, kHandlers = 60, kLeast = 16;  // bytes a handler
    const Input input = subject.inputs.ordinary(30);
    subject.notes.at("handlers that come and go");
    for (size_t i = 0; i < kWarmUp; ++i) live(subject, input);
    std::array<size_t, kRounds + 1> bytes{};
    for (size_t round = 0; round <= kRounds; ++round) {
        bytes[round] = allocated_bytes();
        for (size_t i = 0; round < kRounds && i < kHandlers; ++i) live(subject, input);
    }
    size_t least = SIZE_MAX;
    for (size_t round = 0; round < kRounds; ++round)
        least = std::min(least, bytes[round + 1] > bytes[round] ? bytes[round + 1] - bytes[round] : 0);
    if (least >= kHandlers * kLeast) {
        subject.notes.fail("each handler leaves some {} bytes behind", least / kHandlers);
        return;
    }
    const auto find_leaks = reinterpret_cast<FindLeaks>(::dlsym(RTLD_DEFAULT, "__lsan_do_recoverable_leak_check"));
    if (find_leaks == nullptr) return;
    subject.notes.at("LeakSanitizer looks for memory that nobody knows any more");
    if (find_leaks() != 0) subject.notes.fail("LeakSanitizer found leaks (its report is on the standard error)");
}

void leftovers(const Subject& subject) {
    constexpr size_t kHandlers = 12;
    const Input input = subject.inputs.ordinary(30);
    live(subject, input);
    const Possessions before = Possessions::now();
    subject.notes.at("{} handlers that come and go", kHandlers);
    for (size_t i = 0; i < kHandlers; ++i) live(subject, input);
    Possessions after = Possessions::now();
    // A thread that has been joined may stand in the list a moment longer.
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
    while (after.threads >= before.threads + kHandlers && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        after = Possessions::now();
    }
    const auto report = [&](size_t count, size_t was, const char* what) {
        if (count >= was + kHandlers)
            subject.notes.fail("{} handlers that have been destroyed left {} {} behind", kHandlers, count - was, what);
    };
    if (!subject.elf.is_go) report(after.threads, before.threads, "threads");
    report(after.descriptors, before.descriptors, "open descriptors");
    report(after.children, before.children, "child processes");
}

}  // namespace check
