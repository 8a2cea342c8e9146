// SPDX-License-Identifier: MIT
#include "supervisor/errors.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <vector>

namespace supervisor {
namespace {

constexpr size_t kLines = 5;
constexpr int kReads = 8;  // in one: more than a pipe holds, and who says ever more does not hold us up

}  // namespace

Errors::Errors(wire::unique_fd pipe) : pipe_(std::move(pipe)) {
    ::fcntl(pipe_.get(), F_SETFL, ::fcntl(pipe_.get(), F_GETFL) | O_NONBLOCK);
}

void Errors::read() {
    char bytes[16384];
    for (int i = 0; pipe_ && i < kReads; ++i) {
        const ssize_t n = ::read(pipe_.get(), bytes, sizeof bytes);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return pipe_.reset();
        if (n < 0) return;
        const auto size = static_cast<size_t>(n);
        (void)!::write(STDERR_FILENO, bytes, size);  // which is relayed: server/stderr_relay.h
        kept_.append(bytes, size);
        if (kept_.size() > 2 * kKept) kept_.erase(0, kept_.size() - kKept);
        if (size < sizeof bytes) return;
    }
}

std::string Errors::last_lines() const {
    std::vector<std::string_view> lines;
    std::string_view rest = kept_;
    while (!rest.empty() && lines.size() < kLines) {
        if (rest.ends_with('\n')) rest.remove_suffix(1);
        const size_t newline = rest.rfind('\n');
        const std::string_view line = newline == rest.npos ? rest : rest.substr(newline + 1);
        if (!line.empty()) lines.insert(lines.begin(), line);
        rest = newline == rest.npos ? std::string_view() : rest.substr(0, newline);
    }
    std::string text;
    for (const std::string_view line : lines) text.append(text.empty() ? "" : " | ").append(line);
    if (text.size() > kKept) text.erase(0, text.size() - kKept);
    return text;
}

}  // namespace supervisor
