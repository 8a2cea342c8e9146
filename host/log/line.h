// SPDX-License-Identifier: MIT
//
// Events as lines. Nothing here allocates, locks or throws: a signal handler may call it, of a process whose heap is
// broken. Whatever bytes come, a line has no newline but its own, and is cut, at "…", rather than longer than
// kLongestLine.
//
//     text  udf-host: LEVEL: MESSAGE KEY=VALUE...
//           Plain where that can be read back. Else in quotes, with \" \\ \n \r \t, and \xHH for each byte of what is
//           no printable UTF-8: a value with a space, '"', '\' or '=' in it, and a message that has something like
//           ` key=` in it or begins with '"'.
//     json  {"time":"2026-01-01T12:00:00.123456Z","level":"LEVEL","message":"MESSAGE","KEY":VALUE...}
//           One object of texts and numbers alone; U+FFFD in the place of each byte that is no UTF-8.
//
// algorithm, task and node are the first of the fields.
#pragma once

#include <array>
#include <cstddef>
#include <ctime>
#include <string_view>

#include "log/event.h"

namespace logging {

inline constexpr size_t kLongestLine = 8192;  // bytes, with the newline
using Line = std::array<char, kLongestLine>;

// With its newline; lives in `into`. Of Format::journal, which has no lines, that of text.
std::string_view render(Format format, const Event& event, const timespec& now, Line& into) noexcept;

// What the journal of systemd takes as one datagram: its fields, each `KEY=value` or, with a newline in the value,
// `KEY`, newline, length in 64 bits, value. MESSAGE is the sentence with all the facts behind it.
using Datagram = std::array<char, 2 * kLongestLine>;
std::string_view render_datagram(const Event& event, Datagram& into) noexcept;

// Text of unknown origin as such an object: {"time":…,"level":"info","message":TEXT,"source":"stderr"}. Of up to
// kLongestLine bytes all has room.
using WrappedLine = std::array<char, 6 * kLongestLine + 128>;
std::string_view wrap_in_json(std::string_view text, const timespec& now, WrappedLine& into) noexcept;

}  // namespace logging
