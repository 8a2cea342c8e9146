// SPDX-License-Identifier: MIT
#include "log/flat_json.h"

#include <charconv>
#include <cstdint>

#include "text/utf8.h"

namespace logging {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What `\u` stands for where four such digits follow it; not half of a character in UTF-16, which the log does not
// write, and not every reader bears.
std::optional<uint32_t> code_in(std::string_view text) {
    uint32_t code = 0;
    const std::string_view digits = text.substr(0, 4);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (digits.size() != 4 || parsed.ptr != digits.data() + 4 || (code >= 0xd800 && code < 0xe000)) return std::nullopt;
    return code;
}

void append_utf8(std::string& text, uint32_t code) {
    const auto continued = [code](int shift) { return static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
    if (code < 0x80) {
        text += static_cast<char>(code);
    } else if (code < 0x800) {
        text += static_cast<char>(0xc0 | (code >> 6));
        text += continued(0);
    } else {
        text += static_cast<char>(0xe0 | (code >> 12));
        text += continued(6);
        text += continued(0);
    }
}

}  // namespace

bool FlatObject::take(std::string_view text) noexcept {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
}

std::optional<std::string_view> FlatObject::take_text() noexcept {
    if (!take("\"")) return std::nullopt;
    for (size_t i = 0; i < rest_.size(); ++i) {
        const char c = rest_[i];
        if (static_cast<uint8_t>(c) < 0x20) return std::nullopt;
        if (c == '"') {
            const std::string_view text = rest_.substr(0, i);
            rest_.remove_prefix(i + 1);
            return text;
        }
        if (c != '\\') continue;
        if (++i == rest_.size()) return std::nullopt;
        if (rest_[i] == 'u') {
            if (!code_in(rest_.substr(i + 1))) return std::nullopt;
            i += 4;
        } else if (std::string_view("\"\\/bfnrt").find(rest_[i]) == std::string_view::npos) {
            return std::nullopt;
        }
    }
    return std::nullopt;
}

std::optional<std::string_view> FlatObject::take_number() noexcept {
    size_t i = 0;
    const auto digits = [&] {
        const size_t before = i;
        while (i < rest_.size() && is_digit(rest_[i])) ++i;
        return i != before;
    };
    const auto is_at = [&](char c) { return i < rest_.size() && rest_[i] == c; };
    if (is_at('-')) ++i;
    const bool zero = is_at('0');
    const size_t whole = i;
    if (!digits() || (zero && i > whole + 1)) return std::nullopt;
    if (is_at('.')) {
        ++i;
        if (!digits()) return std::nullopt;
    }
    if (is_at('e')) {
        ++i;
        if (is_at('+') || is_at('-')) ++i;
        if (!digits()) return std::nullopt;
    }
    const std::string_view number = rest_.substr(0, i);
    rest_.remove_prefix(i);
    return number;
}

std::optional<FlatObject::Member> FlatObject::next() noexcept {
    if (!begun_) {
        if (text::find_bad_utf8(rest_) != rest_.npos || !take("{")) return std::nullopt;
    } else if (take("}")) {
        is_whole_ = rest_.empty();
        return std::nullopt;
    } else if (!take(",")) {
        return std::nullopt;
    }
    begun_ = true;
    const auto key = take_text();
    if (!key || !take(":")) return std::nullopt;
    const auto value = rest_.starts_with('"') ? take_text() : take_number();
    if (!value) return std::nullopt;
    return Member{*key, *value};
}

bool is_json_line(std::string_view line) noexcept {
    if (!line.starts_with(R"({"time":")")) return false;
    FlatObject object(line);
    while (object.next()) continue;
    return object.is_whole();
}

std::string unescape_json(std::string_view escaped) {
    std::string text;
    for (size_t i = 0; i < escaped.size(); ++i) {
        if (escaped[i] != '\\' || i + 1 == escaped.size()) {
            text += escaped[i];
            continue;
        }
        const char kind = escaped[++i];
        constexpr std::string_view kFrom = "bfnrt", kTo = "\b\f\n\r\t";
        if (kind == 'u') {
            append_utf8(text, code_in(escaped.substr(i + 1)).value_or(0xfffd));
            i += 4;
        } else if (const size_t at = kFrom.find(kind); at != kFrom.npos) {
            text += kTo[at];
        } else {
            text += kind;
        }
    }
    return text;
}

}  // namespace logging
