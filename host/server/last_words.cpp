// SPDX-License-Identifier: MIT
#include "server/last_words.h"

#include <execinfo.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "server/stderr_relay.h"

namespace server {
namespace {

constexpr std::array kCrashes{std::pair{SIGABRT, "SIGABRT"}, std::pair{SIGSEGV, "SIGSEGV"}, std::pair{SIGBUS, "SIGBUS"},
                              std::pair{SIGFPE, "SIGFPE"}, std::pair{SIGILL, "SIGILL"}};

// Whose words they would be; null where there is nothing to tell.
std::atomic<const std::string*> speaker = nullptr;
std::atomic<pid_t> owner = 0;  // the process they are about: not its forked children

const std::string* take_speaker() noexcept { return ::getpid() == owner ? speaker.exchange(nullptr) : nullptr; }

// Here and below: only what a signal handler may call.
void say(std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
        if (n <= 0) return;
        text.remove_prefix(static_cast<size_t>(n));
    }
}

void tell_crash(int signal) noexcept {
    const std::string* const who = take_speaker();
    if (who == nullptr) return;  // another thread has told it
    say("udf-host: error: ");
    say(*who);
    say(": crashed by ");
    for (const auto& [number, name] : kCrashes)
        if (number == signal) say(name);
    say("; the thread was in (innermost first):\n");
    std::array<void*, 48> frames{};
    const int count = ::backtrace(frames.data(), static_cast<int>(frames.size()));
    constexpr int kOurs = 2;  // this handler, and how it was called
    if (count > kOurs) ::backtrace_symbols_fd(frames.data() + kOurs, count - kOurs, STDERR_FILENO);
}

// SA_RESETHAND has brought the default back, so that the signal kills as if we had not been here: a
// fault happens again, and a signal that was sent is sent again.
extern "C" void speak_and_die(int signal, siginfo_t* info, void* /*context*/) {
    tell_crash(signal);
    flush_stderr();
    if (info->si_code <= 0) ::raise(signal);
}

void tell_exit() {
    const std::string* const who = take_speaker();
    if (who == nullptr) return;
    say("udf-host: error: ");
    say(*who);
    say(": the plugin has ended the process by exit()\n");
    flush_stderr();
    ::_exit(1);  // whatever it wanted to be taken for: whoever looks after us is to start us again
}

}  // namespace

SignalStack::SignalStack() {
    constexpr size_t kSize = 64u << 10;
    stack_t now{};
    if (::sigaltstack(nullptr, &now) != 0 || (now.ss_flags & SS_DISABLE) == 0) return;
    bytes_ = std::make_unique<char[]>(kSize);
    const stack_t ours{.ss_sp = bytes_.get(), .ss_flags = 0, .ss_size = kSize};
    ::sigaltstack(&ours, nullptr);
}

SignalStack::~SignalStack() {
    if (!bytes_) return;
    const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
    ::sigaltstack(&none, nullptr);
}

LastWords::LastWords(std::string who) : who_(std::move(who)) {
    std::array<void*, 1> unused{};
    ::backtrace(unused.data(), 1);  // the first call loads a library: not in a handler
    owner = ::getpid();
    speaker = &who_;
    static const bool told_exit = std::atexit(tell_exit) == 0;
    static_cast<void>(told_exit);
    struct sigaction action {};
    action.sa_sigaction = speak_and_die;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND;
    for (const auto& [signal, name] : kCrashes) {
        struct sigaction before {};
        ::sigaction(signal, nullptr, &before);
        if ((before.sa_flags & SA_SIGINFO) == 0 && before.sa_handler == SIG_DFL) ::sigaction(signal, &action, nullptr);
    }
}

LastWords::~LastWords() { speaker = nullptr; }

}  // namespace server
