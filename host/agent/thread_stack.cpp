// SPDX-License-Identifier: MIT
#include "agent/thread_stack.h"

#include <fmt/format.h>
#include <link.h>

#include <array>
#include <atomic>
#include <boost/stacktrace/safe_dump_to.hpp>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <span>
#include <string_view>
#include <thread>

namespace agent {
namespace {

constexpr int kSignal = SIGUSR2;
constexpr size_t kFrames = 64;

// Where the interrupted thread leaves its addresses. Static, since it may answer when nobody waits any more.
std::array<const void*, kFrames> frames;
std::atomic<size_t> frame_count;
std::atomic<bool> answered;

void leave_addresses(int /*signal*/) {
    const int errno_before = errno;
    frame_count = boost::stacktrace::safe_dump_to(frames.data(), sizeof frames);
    answered = true;
    errno = errno_before;
}

// Not by dladdr(), which waits for a dlopen() that is under way, perhaps the very call that hangs.
std::string describe(const void* address) {
    struct Search {
        uintptr_t at;
        std::string found;
    } search{reinterpret_cast<uintptr_t>(address), {}};
    ::dl_iterate_phdr(
        [](dl_phdr_info* object, size_t, void* data) {
            auto& [at, found] = *static_cast<Search*>(data);
            for (const ElfW(Phdr) & part : std::span(object->dlpi_phdr, object->dlpi_phnum)) {
                if (part.p_type != PT_LOAD || at - object->dlpi_addr - part.p_vaddr >= part.p_memsz) continue;
                const std::string_view path = *object->dlpi_name ? object->dlpi_name : "udf-host";  // itself has none
                found = fmt::format("{}+{:#x}", path.substr(path.rfind('/') + 1), at - object->dlpi_addr);
                return 1;
            }
            return 0;
        },
        &search);
    return search.found.empty() ? fmt::format("{}", address) : search.found;
}

}  // namespace

std::vector<std::string> stack_of(pthread_t thread) {
    using namespace std::chrono_literals;
    static std::mutex one_at_a_time;
    const std::lock_guard lock(one_at_a_time);
    answered = false;
    struct sigaction ours {
    }, before{};
    ours.sa_handler = leave_addresses;
    ours.sa_flags = SA_RESTART | SA_ONSTACK;  // the stack of a goroutine is too small for it
    if (::sigaction(kSignal, &ours, &before) != 0) return {};
    if (::pthread_kill(thread, kSignal) == 0)
        for (int waits = 0; waits < 50 && !answered; ++waits) std::this_thread::sleep_for(10ms);
    if (!answered) return {};  // it may still come: the handler stays
    ::sigaction(kSignal, &before, nullptr);
    std::vector<std::string> stack;
    constexpr size_t kOurs = 2;  // the handler of the signal, and how it was called
    for (size_t i = kOurs; i < frame_count && frames[i] != nullptr; ++i) stack.push_back(describe(frames[i]));
    return stack;
}

std::string describe_stack(pthread_t thread) {
    const std::vector<std::string> stack = stack_of(thread);
    return stack.empty() ? "the thread does not tell" : fmt::format("{}", fmt::join(stack, " < "));
}

}  // namespace agent
