// SPDX-License-Identifier: MIT
#include "server/last_words.h"

#include <execinfo.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "log/log.h"
#include "server/stderr_relay.h"

namespace server {
namespace {

constexpr std::array kCrashes{std::pair{SIGABRT, "crashed by SIGABRT"}, std::pair{SIGSEGV, "crashed by SIGSEGV"},
                              std::pair{SIGBUS, "crashed by SIGBUS"}, std::pair{SIGFPE, "crashed by SIGFPE"},
                              std::pair{SIGILL, "crashed by SIGILL"}};

// Whose words they would be; null where there is nothing to tell.
std::atomic<const LastWords*> speaker = nullptr;
std::atomic<pid_t> owner = 0;  // the process they are about: not its forked children

const LastWords* take_speaker() noexcept { return ::getpid() == owner ? speaker.exchange(nullptr) : nullptr; }

// What backtrace_symbols_fd() writes of a call, `/path/file(function+0x1a)[0x7f3a56f0db75]`, without path and address.
std::string_view call_in(std::string_view line) noexcept {
    const size_t address = line.rfind('[');
    if (address != line.npos && address != 0) line = line.substr(0, address);
    const size_t slash = line.substr(0, line.find('(')).rfind('/');
    return slash == line.npos ? line : line.substr(slash + 1);
}

// The calls of this thread, innermost first, with " < " between; empty where there are none to be had. The first two
// are the signal handler, and how it was called.
std::string_view stack_in(std::array<char, 8192>& text) noexcept {
    constexpr int kOurs = 2;
    constexpr std::string_view kBetween = " < ";
    std::array<void*, 48> frames{};
    const int count = ::backtrace(frames.data(), static_cast<int>(frames.size()));
    int ends[2];
    if (count <= kOurs || ::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return {};
    ::backtrace_symbols_fd(frames.data() + kOurs, count - kOurs, ends[1]);
    ::close(ends[1]);
    static std::array<char, 16384> lines;
    const ssize_t n = ::read(ends[0], lines.data(), lines.size());
    ::close(ends[0]);
    size_t size = 0;
    for (std::string_view rest(lines.data(), n > 0 ? static_cast<size_t>(n) : 0); !rest.empty();) {
        const size_t newline = rest.find('\n');
        const std::string_view call = call_in(rest.substr(0, newline));
        if (size + kBetween.size() + call.size() > text.size()) break;
        if (size != 0) size += kBetween.copy(text.data() + size, kBetween.size());
        size += call.copy(text.data() + size, call.size());
        rest = newline == rest.npos ? std::string_view() : rest.substr(newline + 1);
    }
    return {text.data(), size};
}

// With the default back, the signal kills as if we had not been here: a fault happens again, and a signal
// that was sent is sent again. SA_RESETHAND does not do where a later handler, as Go's runtime has one, calls this one.
void die(int signal, const siginfo_t& info) noexcept {
    flush_stderr();
    ::signal(signal, SIG_DFL);
    if (info.si_code <= 0) ::raise(signal);
}

std::string_view sentence(int signal) noexcept {
    for (const auto& [number, crashed] : kCrashes)
        if (number == signal) return crashed;
    return "crashed";
}

// Whoever looked for the stack of a broken thread has crashed himself: then it is told without one.
const LastWords* volatile looking = nullptr;
volatile int crashed_by = 0;

}  // namespace

// Here and below: only what a signal handler may call.
struct Dying {
    static void say(const LastWords& words, std::string_view message, std::string_view stack) noexcept {
        const logging::Field facts[] = {{"plugin", words.plugin_}, {"stack", stack}};
        logging::say_last({logging::Level::error, message, words.where_, facts});
    }
};

namespace {

extern "C" void speak_without_stack(int signal, siginfo_t* info, void* /*context*/) {
    if (const LastWords* const words = looking) Dying::say(*words, sentence(crashed_by), {});
    die(signal, *info);
}

extern "C" void speak_and_die(int signal, siginfo_t* info, void* /*context*/) {
    if (const LastWords* const words = take_speaker()) {  // else another thread has told it
        crashed_by = signal;
        looking = words;
        struct sigaction again {};
        again.sa_sigaction = speak_without_stack;
        again.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER;
        for (const auto& [number, crashed] : kCrashes) ::sigaction(number, &again, nullptr);
        static std::array<char, 8192> text;
        const std::string_view stack = stack_in(text);
        looking = nullptr;
        Dying::say(*words, sentence(signal), stack);
    }
    die(signal, *info);
}

void tell_exit() {
    const LastWords* const words = take_speaker();
    if (words == nullptr) return;
    Dying::say(*words, "the plugin has ended the process by exit()", {});
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

LastWords::LastWords(logging::Where where, std::string plugin) : where_(std::move(where)), plugin_(std::move(plugin)) {
    std::array<void*, 1> unused{};
    ::backtrace(unused.data(), 1);  // the first call loads a library: not in a handler
    owner = ::getpid();
    speaker = this;
    static const bool told_exit = std::atexit(tell_exit) == 0;
    static_cast<void>(told_exit);
    struct sigaction action {};
    action.sa_sigaction = speak_and_die;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER;
    for (const auto& [signal, name] : kCrashes) {
        struct sigaction before {};
        ::sigaction(signal, nullptr, &before);
        if ((before.sa_flags & SA_SIGINFO) == 0 && before.sa_handler == SIG_DFL) ::sigaction(signal, &action, nullptr);
    }
}

LastWords::~LastWords() { speaker = nullptr; }

}  // namespace server
