// SPDX-License-Identifier: MIT
#include "check/process_state.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cfenv>
#include <clocale>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace check {
namespace {

namespace fs = std::filesystem;

unsigned float_control_now() {
#if defined(__x86_64__)
    constexpr unsigned kSeen = 0x3f;  // what has happened so far, which is no setting
    return _mm_getcsr() & ~kSeen;
#else
    return 0;
#endif
}

std::map<std::string, std::string> environment_now() {
    std::map<std::string, std::string> all;
    for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
        const std::string entry = *at;
        const size_t equals = entry.find('=');
        all[entry.substr(0, equals)] = equals == entry.npos ? "" : entry.substr(equals + 1);
    }
    return all;
}

size_t entries_in(const fs::path& directory) {
    std::error_code error;
    return static_cast<size_t>(std::distance(fs::directory_iterator(directory, error), fs::directory_iterator()));
}

size_t children_now() {
    size_t count = 0;
    std::error_code error;
    for (const auto& task : fs::directory_iterator("/proc/self/task", error)) {
        std::ifstream in(task.path() / "children");
        count += static_cast<size_t>(
            std::distance(std::istream_iterator<std::string>(in), std::istream_iterator<std::string>()));
    }
    return count;
}

}  // namespace

ProcessState ProcessState::now() {
    ProcessState state;
    std::error_code error;
    state.directory = fs::current_path(error);
    state.locale = std::setlocale(LC_ALL, nullptr);
    state.umask = ::umask(0);
    ::umask(state.umask);
    state.rounding = std::fegetround();
    state.float_control = float_control_now();
    for (int signal = 1; signal < static_cast<int>(state.signals.size()); ++signal) {
        struct sigaction action {};
        if (::sigaction(signal, nullptr, &action) == 0)
            std::memcpy(&state.signals[static_cast<size_t>(signal)], &action.sa_handler, sizeof(void*));
    }
    state.environment = environment_now();
    return state;
}

std::vector<std::string> changes(const ProcessState& before, const ProcessState& after, bool with_signals) {
    std::vector<std::string> all;
    if (before.directory != after.directory)
        all.push_back(fmt::format("the working directory ({}, not {})", after.directory, before.directory));
    if (before.locale != after.locale)
        all.push_back(fmt::format("the locale ({}, not {})", after.locale, before.locale));
    if (before.umask != after.umask)
        all.push_back(fmt::format("the umask ({:03o}, not {:03o})", after.umask, before.umask));
    if (before.rounding != after.rounding || before.float_control != after.float_control)
        all.emplace_back("how the processor computes with doubles (rounding, tiny numbers or traps)");
    for (size_t signal = 1; with_signals && signal < before.signals.size(); ++signal)
        if (before.signals[signal] != after.signals[signal]) {
            const char* const name = ::sigabbrev_np(static_cast<int>(signal));
            all.push_back(name != nullptr ? fmt::format("the handling of SIG{}", name)
                                          : fmt::format("the handling of signal {}", signal));
        }
    for (const auto& [name, value] : after.environment) {
        const auto was = before.environment.find(name);
        if (was == before.environment.end() || was->second != value)
            all.push_back(fmt::format("the environment ({}={})", name, value));
    }
    for (const auto& [name, value] : before.environment)
        if (!after.environment.contains(name)) all.push_back(fmt::format("the environment ({} is gone)", name));
    return all;
}

Possessions Possessions::now() { return {entries_in("/proc/self/task"), entries_in("/proc/self/fd"), children_now()}; }

size_t allocated_bytes() {
    using Count = size_t (*)();
    static const auto sanitizer =
        reinterpret_cast<Count>(::dlsym(RTLD_DEFAULT, "__sanitizer_get_current_allocated_bytes"));
    if (sanitizer != nullptr) return sanitizer();
    const struct mallinfo2 info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

}  // namespace check
