// SPDX-License-Identifier: MIT
#include "log/writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "text/utf8.h"

namespace logging {
namespace {

constexpr std::string_view kCut = "\xe2\x80\xa6";  // …
constexpr std::string_view kReplacement = "\xef\xbf\xbd";
constexpr std::string_view kHex = "0123456789abcdef";

bool is_key_begin(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }
bool is_key(char c) { return is_key_begin(c) || (c >= '0' && c <= '9'); }

// What is no character for people: control characters, and whatever is no UTF-8.
bool is_unprintable(std::string_view character) {
    const auto byte = static_cast<uint8_t>(character[0]);
    if (character.size() == 1) return byte < 0x20 || byte >= 0x7f;
    return byte == 0xc2 && static_cast<uint8_t>(character[1]) < 0xa0;  // U+0080 to U+009F
}

// Takes text apart into characters; a byte that belongs to none is one of its own.
class Characters {
public:
    explicit Characters(std::string_view text) noexcept : rest_(text), good_(good_size()) {}
    bool at_end() const noexcept { return rest_.empty(); }
    std::string_view next() noexcept {
        size_t size = 1;
        if (good_ != 0) {
            const auto lead = static_cast<uint8_t>(rest_[0]);
            size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
            good_ -= size;
            is_good_ = true;
        } else {
            is_good_ = false;
        }
        const std::string_view character = rest_.substr(0, size);
        rest_.remove_prefix(size);
        if (good_ == 0) good_ = good_size();
        return character;
    }
    bool is_good() const noexcept { return is_good_; }  // what next() gave last

private:
    size_t good_size() const noexcept { return std::min(text::find_bad_utf8(rest_), rest_.size()); }

    std::string_view rest_;
    size_t good_;
    bool is_good_ = true;
};

bool has_unprintable(std::string_view text) {
    for (Characters characters(text); !characters.at_end();) {
        const std::string_view character = characters.next();
        if (!characters.is_good() || is_unprintable(character)) return true;
    }
    return false;
}

// Whether something in it would be taken for the begin of a field.
bool has_key(std::string_view text) {
    for (size_t equals = text.find('='); equals != text.npos; equals = text.find('=', equals + 1)) {
        size_t begin = equals;
        while (begin > 0 && is_key(text[begin - 1])) --begin;
        if (begin < equals && is_key_begin(text[begin]) && (begin == 0 || text[begin - 1] == ' ')) return true;
    }
    return false;
}

std::string_view short_escape(char c) {
    switch (c) {
        case '"':
            return "\\\"";
        case '\\':
            return "\\\\";
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        default:
            return {};
    }
}

}  // namespace

size_t Writer::room() const noexcept {
    const auto left = static_cast<size_t>(end_ - at_);
    return left > kTail ? left - kTail : 0;
}

bool Writer::put(std::string_view text) noexcept {
    if (text.size() > room()) return false;
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return true;
}

void Writer::close(std::string_view tail) noexcept {
    const size_t size = std::min(tail.size(), static_cast<size_t>(end_ - at_));
    std::memcpy(at_, tail.data(), size);
    at_ += size;
}

bool Writer::put_number(const Value& value) noexcept {
    std::array<char, 32> digits;
    char* const last = digits.data() + digits.size();
    std::to_chars_result end{digits.data(), {}};
    if (value.kind() == Value::Kind::natural)
        end = std::to_chars(digits.data(), last, value.natural());
    else if (value.kind() == Value::Kind::integer)
        end = std::to_chars(digits.data(), last, value.integer());
    else
        end = std::to_chars(digits.data(), last, value.real(), std::chars_format::general, 6);
    return put({digits.data(), static_cast<size_t>(end.ptr - digits.data())});
}

// Without gmtime_r(), which may take a lock.
void Writer::put_time(const timespec& time) noexcept {
    constexpr int64_t kDay = 86400;
    const int64_t day = (time.tv_sec >= 0 ? time.tv_sec : time.tv_sec - (kDay - 1)) / kDay;
    const auto second = static_cast<unsigned>(time.tv_sec - day * kDay);
    // Years begin in March here, so that leap days are the last ones; and 400 of them are always as long.
    const int64_t shifted = day + 719468;
    const int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    const auto of_era = static_cast<unsigned>(shifted - era * 146097);
    const unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
    const unsigned month = (5 * of_year + 2) / 153;
    const unsigned number = month < 10 ? month + 3 : month - 9;
    const auto full_year = static_cast<unsigned>(static_cast<int64_t>(year) + era * 400 + (number <= 2 ? 1 : 0));

    char text[] = "0000-00-00T00:00:00.000000Z";
    const auto digits = [&text](size_t at, size_t count, unsigned value) {
        for (; count-- != 0; value /= 10) text[at + count] = static_cast<char>('0' + value % 10);
    };
    digits(0, 4, full_year);
    digits(5, 2, number);
    digits(8, 2, of_year - (153 * month + 2) / 5 + 1);
    digits(11, 2, second / 3600);
    digits(14, 2, second / 60 % 60);
    digits(17, 2, second % 60);
    digits(20, 6, static_cast<unsigned>(time.tv_nsec / 1000));
    put({text, sizeof text - 1});
}

void Writer::put_message(std::string_view text, size_t most) noexcept {
    text = text.substr(0, most + 1);  // whatever it becomes, no more of it has room
    if (text.empty() || text.front() == '"' || has_unprintable(text) || has_key(text))
        put_quoted(text, most, Style::text);
    else
        put_plain(text, most);
}

void Writer::put_value(std::string_view text, size_t most) noexcept {
    text = text.substr(0, most + 1);
    if (text.empty() || text.find_first_of(" \"\\=") != text.npos || has_unprintable(text))
        put_quoted(text, most, Style::text);
    else
        put_plain(text, most);
}

void Writer::put_json(std::string_view text, size_t most) noexcept { put_quoted(text, most, Style::json); }

void Writer::put_some(std::string_view text) noexcept { put(text.substr(0, room())); }

void Writer::put_plain(std::string_view text, size_t most) noexcept {
    const size_t limit = std::min(most, room());
    if (text.size() <= limit) {
        put(text);
        return;
    }
    const char* const before = at_;
    for (Characters characters(text); !characters.at_end();) {
        const std::string_view character = characters.next();
        if (static_cast<size_t>(at_ - before) + character.size() > limit) return close(kCut);
        put(character);
    }
}

void Writer::put_quoted(std::string_view text, size_t most, Style style) noexcept {
    if (!put("\"")) return;
    text = text.substr(0, most + 1);
    const size_t limit = std::min(most, room());
    size_t size = 0;
    for (Characters characters(text); !characters.at_end();) {
        const std::string_view character = characters.next();
        const bool good = characters.is_good();
        std::array<char, 8> made;
        std::string_view piece = character;
        if (const std::string_view escape = short_escape(character[0]); !escape.empty()) {
            piece = escape;
        } else if (style == Style::text && (!good || is_unprintable(character))) {
            size_t n = 0;
            for (const char c : character) {
                made[n++] = '\\';
                made[n++] = 'x';
                made[n++] = kHex[static_cast<uint8_t>(c) >> 4];
                made[n++] = kHex[static_cast<uint8_t>(c) & 15];
            }
            piece = {made.data(), n};
        } else if (style == Style::json && !good) {
            piece = kReplacement;
        } else if (style == Style::json && static_cast<uint8_t>(character[0]) < 0x20) {
            made = {'\\',
                    'u',
                    '0',
                    '0',
                    kHex[static_cast<uint8_t>(character[0]) >> 4],
                    kHex[static_cast<uint8_t>(character[0]) & 15]};
            piece = {made.data(), 6};
        }
        size += piece.size();
        if (size > limit) {
            close(kCut);
            break;
        }
        put(piece);
    }
    close("\"");
}

}  // namespace logging
