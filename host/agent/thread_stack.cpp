// SPDX-License-Identifier: MIT
#include "agent/thread_stack.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <boost/stacktrace/safe_dump_to.hpp>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <mutex>
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

std::string describe(const void* address) {
    Dl_info info{};
    if (::dladdr(address, &info) == 0 || info.dli_fname == nullptr) return fmt::format("{}", address);
    const std::string file = std::filesystem::path(info.dli_fname).filename();
    const auto at = reinterpret_cast<uintptr_t>(address);
    if (info.dli_sname == nullptr)
        return fmt::format("{}+{:#x}", file, at - reinterpret_cast<uintptr_t>(info.dli_fbase));
    return fmt::format("{}({}+{:#x})", file, info.dli_sname, at - reinterpret_cast<uintptr_t>(info.dli_saddr));
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
    ours.sa_flags = SA_RESTART;
    if (::sigaction(kSignal, &ours, &before) != 0) return {};
    if (::pthread_kill(thread, kSignal) == 0)
        for (int waits = 0; waits < 50 && !answered; ++waits) std::this_thread::sleep_for(10ms);
    if (!answered) return {};  // it may still come: the handler stays
    ::sigaction(kSignal, &before, nullptr);
    std::vector<std::string> stack;
    for (size_t i = 0; i < frame_count && frames[i] != nullptr; ++i) stack.push_back(describe(frames[i]));
    return stack;
}

}  // namespace agent
