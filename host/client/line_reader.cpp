// SPDX-License-Identifier: MIT
#include "client/line_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace client {
namespace {

constexpr size_t kQuoteLimit = 1u << 20;  // bytes: a longer record was not meant, its quote is a mistake
constexpr size_t kLineLimit = 16u << 20;  // bytes: no text at all

constexpr std::string_view kEscapable = ",= ";

// The offset past an unescaped character of `stops`; npos at a newline or the end.
size_t past(std::string_view text, size_t at, std::string_view stops) {
    for (; at < text.size() && text[at] != '\n'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size() && kEscapable.find(text[at + 1]) != kEscapable.npos)
            ++at;
        else if (stops.find(text[at]) != stops.npos)
            return at + 1;
    }
    return text.npos;
}

// The offset of the newline that ends the record at the start of `text`; the size of `text` where
// it has none, npos while a quote stands open.
size_t end_of_quoted(std::string_view text) {
    const auto newline_from = [&](size_t at) { return std::min(text.find('\n', at), text.size()); };
    size_t at = text.find_first_not_of(" \t");
    if (at == text.npos || text[at] == '#') return newline_from(0);
    at = past(text, at, " ");
    if (at == text.npos) return newline_from(0);
    at = std::min(text.find_first_not_of(" \t", at), text.size());
    for (;;) {
        const size_t value = past(text, at, "= ");
        if (value == text.npos || text[value - 1] == ' ') return newline_from(at);
        at = value;
        if (at < text.size() && text[at] == '"') {
            for (++at; at < text.size() && text[at] != '"'; ++at)
                if (text[at] == '\\') ++at;
            if (at >= text.size()) return text.npos;
            ++at;
        }
        const size_t next = text.find_first_of(", \n", at);
        if (next == text.npos || text[next] != ',') return newline_from(at);
        at = next + 1;
    }
}

}  // namespace

void LineReader::append(std::string_view bytes) {
    buffer_.erase(0, at_);
    at_ = 0;
    buffer_ += bytes;
}

std::optional<LineReader::Record> LineReader::next() {
    const std::string_view rest = std::string_view(buffer_).substr(at_);
    if (rest.empty()) return std::nullopt;
    size_t end = rest.find('\n', searched_);
    if (end == rest.npos && !ended_) {
        if (rest.size() > kLineLimit)
            throw std::runtime_error(
                fmt::format("line {} is longer than {} bytes: this is not line protocol", line_, kLineLimit));
        searched_ = rest.size();
        return std::nullopt;
    }
    const size_t line_end = std::min(end, rest.size());
    if (rest.substr(0, line_end).find('"') != rest.npos) {
        end = end_of_quoted(rest);
        if (end >= rest.size() && !ended_ && rest.size() < kQuoteLimit) return std::nullopt;
        if (end == rest.npos) end = line_end;
    } else {
        end = line_end;
    }
    record_ = {rest.substr(0, end), line_};
    line_ += 1 + static_cast<size_t>(std::count(record_.text.begin(), record_.text.end(), '\n'));
    at_ += std::min(end + 1, rest.size());
    searched_ = 0;
    return record_;
}

void LineReader::reread_from_second_line() {
    const size_t newline = record_.text.find('\n');
    if (newline == record_.text.npos) return;
    at_ = static_cast<size_t>(record_.text.data() - buffer_.data()) + newline + 1;
    line_ = record_.line + 1;
}

}  // namespace client
