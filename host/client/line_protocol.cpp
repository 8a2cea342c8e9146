// SPDX-License-Identifier: MIT
#include "client/line_protocol.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <utility>

#include "text/utf8.h"

namespace client {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string_view trimmed_end(std::string_view text) {
    return text.substr(0, text.find_last_not_of(kSpace) + 1);  // npos + 1 is 0
}

class Parser {
public:
    Parser(std::string_view text, Times times, pb::Point& to) : text_(text), times_(times), to_(to) {}

    bool parse() {
        skip_space();
        return measurement() && tags() && fields() && timestamp();
    }
    BadLine error() && { return std::move(error_); }

private:
    bool fail(size_t at, std::string reason) {
        error_ = {at + 1, std::move(reason)};
        return false;
    }

    bool done() const { return at_ == text_.size(); }
    bool next_is(char c) const { return !done() && text_[at_] == c; }
    void skip_space() {
        while (next_is(' ') || next_is('\t')) ++at_;
    }

    // Reads up to an unescaped character of `stops` or the end, unescaping those of `escapes`.
    bool word(std::string& to, std::string_view stops, std::string_view escapes) {
        to.clear();
        for (; !done(); ++at_) {
            char c = text_[at_];
            if (c == '\\' && at_ + 1 < text_.size() && escapes.find(text_[at_ + 1]) != escapes.npos)
                c = text_[++at_];
            else if (stops.find(c) != stops.npos)
                break;
            else if (c == '\n')
                return fail(at_, "newline outside of a quoted string");
            to += c;
        }
        return true;
    }

    bool measurement() {
        const size_t start = at_;
        if (!word(*to_.mutable_name(), ", ", ", ")) return false;
        return !to_.name().empty() || fail(start, "missing measurement");
    }

    bool tags() {
        std::string key, value;
        while (next_is(',')) {
            const size_t start = ++at_;
            if (!word(key, "=, ", "=, ")) return false;
            if (key.empty()) return fail(start, "missing tag key");
            if (!next_is('=')) return fail(at_, fmt::format("missing value of tag {}", key));
            ++at_;
            if (!word(value, "=, ", "=, ")) return false;
            if (value.empty()) return fail(at_, fmt::format("missing value of tag {}", key));
            if (next_is('=')) return fail(at_, fmt::format("unescaped = in the value of tag {}", key));
            if (!to_.mutable_tags()->insert({key, value}).second)
                return fail(start, fmt::format("tag {} given twice", key));
        }
        return true;
    }

    bool fields() {
        skip_space();
        if (done()) return fail(at_, "missing fields");
        do {
            const size_t start = at_;
            if (!word(key_, "=, ", "=, ")) return false;
            if (key_.empty()) return fail(start, "missing field key");
            if (!next_is('=')) return fail(at_, fmt::format("missing value of field {}", key_));
            ++at_;
            if (!(next_is('"') ? quoted() : value())) return false;
        } while (next_is(',') && ++at_);
        return done() || next_is(' ') || fail(at_, fmt::format("text after the value of field {}", key_));
    }

    bool quoted() {
        const size_t start = at_++;
        std::string value;
        for (; !next_is('"'); ++at_) {
            if (done()) return fail(start, fmt::format("unbalanced quote in field {}", key_));
            if (next_is('\\') && at_ + 1 < text_.size() && (text_[at_ + 1] == '"' || text_[at_ + 1] == '\\')) ++at_;
            value += text_[at_];
        }
        ++at_;
        forget_field();
        (*to_.mutable_fieldsstring())[key_] = std::move(value);
        return true;
    }

    bool value() {
        const size_t start = at_;
        at_ = std::min(text_.find_first_of(", ", start), text_.size());
        const std::string_view text = text_.substr(start, at_ - start);
        if (text.empty()) return fail(start, fmt::format("missing value of field {}", key_));
        switch (text.front()) {
            case 't':
            case 'T':
            case 'f':
            case 'F':
                return boolean(start, text);
            default:
                break;
        }
        if (text.back() == 'i') return integer(start, text);
        if (text.back() == 'u') return unsigned_integer(start, text);
        return floating(start, text);
    }

    bool boolean(size_t start, std::string_view text) {
        const bool yes = text == "t" || text == "T" || text == "true" || text == "True" || text == "TRUE";
        const bool no = text == "f" || text == "F" || text == "false" || text == "False" || text == "FALSE";
        if (!yes && !no) return no_value(start, text);
        forget_field();
        (*to_.mutable_fieldsbool())[key_] = yes;
        return true;
    }

    bool integer(size_t start, std::string_view text) {
        int64_t value = 0;
        if (!number(start, text, 1, value)) return false;
        forget_field();
        (*to_.mutable_fieldsint())[key_] = value;
        return true;
    }

    bool unsigned_integer(size_t start, std::string_view text) {
        uint64_t value = 0;
        if (!number(start, text, 1, value)) return false;
        if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
            return fail(start, fmt::format("unsigned value of field {} is over {}: Kapacitor has no such integers",
                                           key_, std::numeric_limits<int64_t>::max()));
        forget_field();
        (*to_.mutable_fieldsint())[key_] = static_cast<int64_t>(value);
        return true;
    }

    bool floating(size_t start, std::string_view text) {
        double value = 0;
        if (!number(start, text, 0, value)) return false;
        forget_field();
        (*to_.mutable_fieldsdouble())[key_] = value;
        return true;
    }

    // Parses all of `text` but its last `suffix` characters. Written nan and inf are no numbers.
    template <typename Number>
    bool number(size_t start, std::string_view text, size_t suffix, Number& value) {
        std::string_view digits = text.substr(0, text.size() - suffix);
        const size_t sign = digits.starts_with('+') || digits.starts_with('-') ? 1 : 0;
        constexpr std::string_view kFirst = "0123456789.";
        if (digits.size() <= sign || kFirst.find(digits[sign]) == kFirst.npos) return no_value(start, text);
        if (digits.front() == '+') digits.remove_prefix(1);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (error == std::errc::result_out_of_range)
            return fail(start, fmt::format("value {} of field {} is out of range", text, key_));
        if (error != std::errc() || end != digits.data() + digits.size()) return no_value(start, text);
        return true;
    }

    bool no_value(size_t start, std::string_view text) {
        return fail(start, fmt::format("field {}: {} is no value", key_, text.substr(0, 40)));
    }

    // An earlier value of the same name may be of another type.
    void forget_field() {
        to_.mutable_fieldsdouble()->erase(key_);
        to_.mutable_fieldsint()->erase(key_);
        to_.mutable_fieldsbool()->erase(key_);
        to_.mutable_fieldsstring()->erase(key_);
    }

    bool timestamp() {
        skip_space();
        if (done()) {
            to_.set_time(times_.now);
            return true;
        }
        const std::string_view text = text_.substr(at_);
        int64_t time = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), time);
        if (error == std::errc() && end != text.data() + text.size() && kSpace.find(*end) != kSpace.npos)
            return fail(static_cast<size_t>(end - text_.data()), "text after the timestamp");
        if (error == std::errc::result_out_of_range ||
            (error == std::errc() && __builtin_mul_overflow(time, times_.unit, &time)))
            return fail(at_, "timestamp out of range (is --precision right?)");
        if (error != std::errc() || end != text.data() + text.size())
            return fail(at_, fmt::format("bad timestamp {}", text.substr(0, 40)));
        to_.set_time(time);
        return true;
    }

    std::string_view text_;
    size_t at_ = 0;
    Times times_;
    pb::Point& to_;
    std::string key_;  // of the field being read
    BadLine error_;
};

}  // namespace

std::optional<int64_t> precision_unit(std::string_view name) {
    if (name == "ns" || name == "n") return 1;
    if (name == "us" || name == "u" || name == "µs" || name == "µ") return 1'000;
    if (name == "ms") return 1'000'000;
    if (name == "s") return 1'000'000'000;
    if (name == "m") return 60 * 1'000'000'000LL;
    if (name == "h") return 3600 * 1'000'000'000LL;
    return std::nullopt;
}

bool holds_no_point(std::string_view record) {
    const size_t first = record.find_first_not_of(kSpace);
    return first == record.npos || record[first] == '#';
}

std::optional<BadLine> parse_line(std::string_view record, Times times, pb::Point& to) {
    to.Clear();
    if (const size_t bad = text::find_bad_utf8(record); bad != record.npos) return BadLine{bad + 1, "not UTF-8"};
    Parser parser(trimmed_end(record), times, to);
    if (parser.parse()) return std::nullopt;
    return std::move(parser).error();
}

}  // namespace client
