// SPDX-License-Identifier: MIT
#include "log/log.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <mutex>
#include <optional>

#include "log/journal.h"
#include "log/limiter.h"
#include "log/line.h"

namespace logging {
namespace {

std::atomic<Level> least = Level::info;
std::atomic<Format> chosen = Format::text;
std::atomic<Sink*> sink_in_place = nullptr;
std::atomic<bool> told_of_no_journal = false;

constinit std::mutex mutex;  // of all below; never held while anything is written
constinit Limiter limiter;
bool watched = false;  // by a thread, while there is something to be told later

Limiter::Time now() noexcept {
    Sink* const sink = sink_in_place;
    return sink != nullptr ? sink->now() : std::chrono::steady_clock::now();
}

// ---- Where lines go ----

void write_to_stderr(std::string_view line) noexcept {
    constexpr int kPatience = 100;  // milliseconds, where others have made it non-blocking and nobody reads it
    while (!line.empty()) {
        const ssize_t n = ::write(STDERR_FILENO, line.data(), line.size());
        if (n > 0) {
            line.remove_prefix(static_cast<size_t>(n));
        } else if (n < 0 && errno == EAGAIN) {
            pollfd writable{STDERR_FILENO, POLLOUT, 0};
            if (::poll(&writable, 1, kPatience) <= 0) return;
        } else if (n == 0 || errno != EINTR) {
            return;
        }
    }
}

void write(const Event& event) noexcept {
    const int error = errno;
    Line line;
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    const Format format = chosen;
    if (Sink* const sink = sink_in_place; sink != nullptr) {
        sink->take(event.level, render(format, event, time, line));
    } else {
        bool sent = false;
        if (format == Format::journal) {
            Datagram datagram;
            sent = send_to_journal(render_datagram(event, datagram));
            if (!sent && !told_of_no_journal.exchange(true)) {
                const std::string_view cause = ::strerrordesc_np(errno);
                const Field fields[] = {{"cause", cause}};
                write_to_stderr(render(
                    Format::text,
                    {Level::warning, "the journal cannot be reached: the log goes to stderr", event.where, fields},
                    time, line));
            }
        }
        if (!sent) write_to_stderr(render(format, event, time, line));
    }
    errno = error;
}

void tell(const Limiter::Rest& rest) noexcept {
    std::array<char, 256> sentence;
    char* at = sentence.data();
    const auto put = [&at](std::string_view text) {
        for (const char c : text) *at++ = c;
    };
    put("\xe2\x80\xa6 and ");
    at = std::to_chars(at, sentence.data() + 64, rest.count).ptr;
    put(" more of: ");
    put(rest.message.view());
    try {
        write({rest.level,
               {sentence.data(), static_cast<size_t>(at - sentence.data())},
               {std::string(rest.algorithm.view()), std::string(rest.task.view()), std::string(rest.node.view())}});
    } catch (const std::exception&) {  // no memory for the names
        write({rest.level, {sentence.data(), static_cast<size_t>(at - sentence.data())}, {}});
    }
}

// ---- What is told later ----

void tell_due() noexcept {
    for (std::optional<Limiter::Rest> rest;;) {
        {
            const std::lock_guard lock(mutex);
            rest = limiter.take_due(now());
        }
        if (!rest) return;
        tell(*rest);
    }
}

void* watch(void* /*unused*/) noexcept {
    for (;;) {
        constexpr timespec kLook{.tv_sec = 1, .tv_nsec = 0};
        ::nanosleep(&kLook, nullptr);
        tell_due();
        const std::lock_guard lock(mutex);
        if (limiter.has_rest()) continue;
        watched = false;
        return nullptr;
    }
}

// With the lock. Where there can be no thread, whatever is said next looks.
void see_to_it_later() noexcept {
    if (watched) return;
    constexpr size_t kStack = 256u << 10;
    pthread_attr_t attributes;
    if (::pthread_attr_init(&attributes) != 0) return;
    ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    ::pthread_attr_setstacksize(&attributes, kStack);
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread{};
    watched = ::pthread_create(&thread, &attributes, watch, nullptr) == 0;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::pthread_attr_destroy(&attributes);
}

// Before there are threads: a fork while another thread registers this would leave the lock to nobody in the child. A
// forked child has none of our threads, and counts for itself.
[[gnu::constructor]] void prepare() noexcept {
    ::pthread_atfork([] { mutex.lock(); }, [] { mutex.unlock(); },
                     [] {
                         limiter.forget_all();
                         watched = false;
                         mutex.unlock();
                     });
    std::atexit(tell_rest);
}

}  // namespace

void say(const Event& event) noexcept {
    if (!says(event.level)) return;
    tell_due();
    Limiter::Verdict verdict{};
    {
        const std::lock_guard lock(mutex);
        verdict = limiter.look(event, now());
        if (limiter.has_rest()) see_to_it_later();
    }
    if (verdict.forgotten) tell(*verdict.forgotten);
    if (verdict.may_be_said) write(event);
}

void say_last(const Event& event) noexcept {
    Line line;
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    write_to_stderr(render(chosen, event, time, line));
}

void tell_rest() noexcept {
    for (std::optional<Limiter::Rest> rest;;) {
        {
            const std::lock_guard lock(mutex);
            rest = limiter.take_any();
        }
        if (!rest) return;
        tell(*rest);
    }
}

void set_level(Level level) noexcept { least = level; }
Level level() noexcept { return least; }
void set_format(Format format) noexcept { chosen = format; }
Format format() noexcept { return chosen; }

Sink* set_sink(Sink* sink) noexcept {
    const std::lock_guard lock(mutex);
    limiter.forget_all();
    return sink_in_place.exchange(sink);
}

}  // namespace logging
