// SPDX-License-Identifier: MIT
//
// What is said to people: one call and one line for each event.
//
//     logging::warning(where, "the worker died", {{"cause", cause}, {"restart", restarts}});
//     udf-host: warning: the worker died algorithm=moving_avg task=cpu node=moving_avg2 cause="was killed" restart=1
//
// (The namespace cannot be the room's name: C has a function log().) Lines go to stderr, or to systemd's journal. What
// is repeated more than ten times a minute is counted instead: see limiter.h. Any thread may call anything here at any
// time, also in a forked child; nothing is thrown, and nobody waits but for a stderr that nobody reads, which
// server/stderr_relay.h prevents.
#pragma once

#include <chrono>
#include <string_view>

#include "log/event.h"

namespace logging {

void say(const Event& event) noexcept;

// The least that is said, [info]. May be changed at any time.
void set_level(Level level) noexcept;
Level level() noexcept;
// [text]
void set_format(Format format) noexcept;
Format format() noexcept;

// Without looking at what is repeated, and on stderr whatever the format is: for a signal handler of a process that
// dies.
void say_last(const Event& event) noexcept;

// Says now what has been counted and not been told yet. Needed before _exit() alone.
void tell_rest() noexcept;

inline bool says(Level level) noexcept { return level >= logging::level(); }

inline void say(Level level, const Where& where, std::string_view message, Fields fields = {}) noexcept {
    if (says(level)) say(Event{level, message, where, {fields.begin(), fields.size()}});
}
inline void say(Level level, std::string_view message, Fields fields = {}) noexcept {
    if (says(level)) say(level, Where(), message, fields);
}

inline void debug(const Where& where, std::string_view message, Fields fields = {}) noexcept {
    say(Level::debug, where, message, fields);
}
inline void debug(std::string_view message, Fields fields = {}) noexcept { say(Level::debug, message, fields); }
inline void info(const Where& where, std::string_view message, Fields fields = {}) noexcept {
    say(Level::info, where, message, fields);
}
inline void info(std::string_view message, Fields fields = {}) noexcept { say(Level::info, message, fields); }
inline void warning(const Where& where, std::string_view message, Fields fields = {}) noexcept {
    say(Level::warning, where, message, fields);
}
inline void warning(std::string_view message, Fields fields = {}) noexcept { say(Level::warning, message, fields); }
inline void error(const Where& where, std::string_view message, Fields fields = {}) noexcept {
    say(Level::error, where, message, fields);
}
inline void error(std::string_view message, Fields fields = {}) noexcept { say(Level::error, message, fields); }

// In place of stderr and the journal, for tests: gets each line with its newline, and says what time it is for the
// limiter. Called from any thread, perhaps from several at once.
class Sink {
public:
    virtual ~Sink() = default;
    virtual void take(Level level, std::string_view line) noexcept = 0;
    virtual std::chrono::steady_clock::time_point now() noexcept { return std::chrono::steady_clock::now(); }
};
// Null = as it was. What has been counted is forgotten. Returns the one before.
Sink* set_sink(Sink* sink) noexcept;

}  // namespace logging
