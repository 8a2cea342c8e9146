// SPDX-License-Identifier: MIT
#include "supervisor/errors.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <vector>

#include "log/parsed.h"

namespace supervisor {
namespace {

constexpr int kLines = 5;
constexpr int kCalls = 4;  // of a stack: the signal's, abort() and what it calls, or else the algorithm's
constexpr int kReads = 8;  // in one: more than a pipe holds, and who says ever more does not hold us up

// `file(function+0x1a)[0x7f3a56f0db75]`
bool is_call(std::string_view line) {
    const size_t address = line.rfind("[0x");
    return address != line.npos && line.find_first_not_of("0123456789abcdef", address + 3) == line.size() - 1 &&
           line.ends_with(']');
}

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
        keep({bytes, size});
        if (size < sizeof bytes) return;
    }
}

void Errors::keep(std::string_view bytes) {
    for (size_t newline; (newline = bytes.find('\n')) != bytes.npos; bytes.remove_prefix(newline + 1)) {
        line_.append(bytes.substr(0, newline));
        end_line();
    }
    line_.append(bytes);
    if (line_.size() > kLongest) line_.erase(0, line_.size() - kKept);
    if (kept_.size() > 4 * kKept) kept_.erase(0, kept_.size() - 2 * kKept);
}

void Errors::end_line() {
    calls_ = is_call(line_) ? calls_ + 1 : 0;
    if (calls_ <= kCalls) kept_.append(logging::gist(line_)) += '\n';
    line_.clear();
}

std::string Errors::last_lines() const {
    std::vector<std::string_view> lines;
    int others = 0;  // than calls
    const std::string all = kept_ + line_;
    std::string_view rest = all;
    while (!rest.empty() && others < kLines) {
        if (rest.ends_with('\n')) rest.remove_suffix(1);
        const size_t newline = rest.rfind('\n');
        const std::string_view line = newline == rest.npos ? rest : rest.substr(newline + 1);
        if (!line.empty()) lines.insert(lines.begin(), line);
        if (!line.empty() && !is_call(line)) ++others;
        rest = newline == rest.npos ? std::string_view() : rest.substr(0, newline);
    }
    std::string text;
    for (const std::string_view line : lines) text.append(text.empty() ? "" : " | ").append(line);
    if (text.size() > kKept) text.erase(0, text.size() - kKept);
    return text;
}

}  // namespace supervisor
