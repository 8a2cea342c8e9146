// SPDX-License-Identifier: MIT
#include "check/notes.h"

#include <unistd.h>

#include <cerrno>

namespace check {

const char* word_of(Status status) noexcept {
    constexpr const char* words[] = {"pass", "skip", "warn", "fail"};
    return words[static_cast<size_t>(status)];
}

void Notes::found(Status status, const std::string& text) { say({{"status", word_of(status)}, {"text", text}}); }

// A line is shorter than what a pipe takes in one piece, or else is alone: checks speak from one thread.
void Notes::say(const nlohmann::json& line) {
    const std::string text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
    for (size_t sent = 0; sent < text.size();) {
        const ssize_t n = ::write(to_, text.data() + sent, text.size() - sent);
        if (n < 0 && errno != EINTR) return;
        if (n > 0) sent += static_cast<size_t>(n);
    }
}

}  // namespace check
