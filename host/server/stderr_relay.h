// SPDX-License-Identifier: MIT
//
// What is said on stderr, by the host, a plugin or a child of it, goes through a pipe of ours:
// Kapacitor stops reading at a line of more than 64 KiB, and whoever writes after that blocks for
// ever. One thread always reads the pipe, cuts what comes into lines of at most kStderrLine bytes
// and keeps kStderrBacklog bytes of them; another writes them to the true stderr and may block.
// (One thread with poll() would not do: a write to a terminal, or to a pipe with other writers, can
// block after poll() has said that it will not.) Lines that find no room within 100 ms are
// dropped, and counted in a line of their own once stderr is read again. Where the log is JSON, a line that is not
// becomes an object of its own.
//
// The true stderr is closed on exec and in forked children: one that lives on does not keep
// Kapacitor waiting for its end.
#pragma once

#include <chrono>
#include <cstddef>

namespace server {

inline constexpr size_t kStderrLine = 8192;  // bytes, with the newline
inline constexpr size_t kStderrBacklog = 256u << 10;
inline constexpr std::chrono::milliseconds kStderrFlush{200};

// Puts the pipe in place of descriptors 1 and 2, and sees to it that what was said before an exit()
// is not lost; for crashes see last_words.h. A regular file never blocks and is left as it is, but for JSON. Call it
// after take_stdio and before any plugin is loaded; where it is there already, it does nothing. Throws
// std::system_error.
void relay_stderr();

// Waits until what was said before the call has been written, a line without its end included, or
// kStderrFlush has passed: then false. From any thread and from signal handlers; needed before
// _exit alone.
bool flush_stderr() noexcept;

}  // namespace server
