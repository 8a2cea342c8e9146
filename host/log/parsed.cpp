// SPDX-License-Identifier: MIT
#include "log/parsed.h"

#include <charconv>
#include <cstdint>

#include "log/flat_json.h"

namespace logging {
namespace {

bool is_of_key(char c) { return (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9'); }

// The text in quotes that begins `rest`, which it is taken from.
std::optional<std::string> take_quoted(std::string_view& rest) {
    std::string text;
    for (size_t i = 1; i < rest.size(); ++i) {
        const char c = rest[i];
        if (c == '"') {
            rest.remove_prefix(i + 1);
            return text;
        }
        if (c != '\\') {
            text += c;
            continue;
        }
        if (++i == rest.size()) return std::nullopt;
        constexpr std::string_view kFrom = "nrt\"\\", kTo = "\n\r\t\"\\";
        if (rest[i] == 'x') {
            const std::string_view digits = rest.substr(i + 1, 2);
            uint8_t byte = 0;
            if (std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16).ptr != digits.data() + 2)
                return std::nullopt;
            text += static_cast<char>(byte);
            i += 2;
        } else if (const size_t at = kFrom.find(rest[i]); at != kFrom.npos) {
            text += kTo[at];
        } else {
            return std::nullopt;
        }
    }
    return std::nullopt;
}

// `key=`, taken from `rest` where it begins with such.
std::string take_key(std::string_view& rest) {
    size_t size = 0;
    while (size < rest.size() && is_of_key(rest[size])) ++size;
    if (size == 0 || size == rest.size() || rest[size] != '=') return {};
    std::string key(rest.substr(0, size));
    rest.remove_prefix(size + 1);
    return key;
}

// Up to the space in front of the first key.
std::string take_plain_message(std::string_view& rest) {
    for (size_t space = rest.find(' '); space != rest.npos; space = rest.find(' ', space + 1)) {
        std::string_view after = rest.substr(space + 1);
        if (take_key(after).empty()) continue;
        std::string message(rest.substr(0, space));
        rest.remove_prefix(space);
        return message;
    }
    return std::string(std::exchange(rest, {}));
}

std::optional<Parsed> parse_text(std::string_view line) {
    constexpr std::string_view kName = "udf-host: ";
    if (!line.starts_with(kName)) return std::nullopt;
    line.remove_prefix(kName.size());
    const size_t colon = line.find(": ");
    const auto level = level_named(line.substr(0, colon));
    if (colon == line.npos || !level) return std::nullopt;
    line.remove_prefix(colon + 2);
    Parsed parsed{.level = *level, .message = {}, .fields = {}};
    if (line.starts_with('"')) {
        auto message = take_quoted(line);
        if (!message) return std::nullopt;
        parsed.message = std::move(*message);
    } else {
        parsed.message = take_plain_message(line);
    }
    while (line.starts_with(' ')) {
        line.remove_prefix(1);
        std::string key = take_key(line);
        if (key.empty()) return std::nullopt;
        if (line.starts_with('"')) {
            auto value = take_quoted(line);
            if (!value) return std::nullopt;
            parsed.fields.emplace_back(std::move(key), std::move(*value));
        } else {
            const std::string_view value = line.substr(0, line.find(' '));
            parsed.fields.emplace_back(std::move(key), value);
            line.remove_prefix(value.size());
        }
    }
    if (!line.empty()) return std::nullopt;
    return parsed;
}

std::optional<Parsed> parse_json(std::string_view line) {
    if (!is_json_line(line)) return std::nullopt;
    Parsed parsed;
    FlatObject object(line);
    while (const auto member = object.next()) {
        std::string value = unescape_json(member->value);
        if (member->key == "level")
            parsed.level = level_named(value).value_or(Level::info);
        else if (member->key == "message")
            parsed.message = std::move(value);
        else
            parsed.fields.emplace_back(member->key, std::move(value));
    }
    return parsed;
}

}  // namespace

std::string_view Parsed::field(std::string_view key) const noexcept {
    for (const auto& [name, value] : fields)
        if (name == key) return value;
    return {};
}

std::optional<Parsed> parse(std::string_view line) {
    return line.starts_with('{') ? parse_json(line) : parse_text(line);
}

std::string gist(std::string_view line) {
    constexpr int kCalls = 4;  // of a stack: the signal's, abort() and what it calls, or else the algorithm's
    const auto parsed = parse(line);
    if (!parsed) return std::string(line);
    std::string text = parsed->message;
    if (const auto cause = parsed->field("cause"); !cause.empty()) text.append(": ").append(cause);
    std::string_view stack = parsed->field("stack");
    constexpr std::string_view kBetween = " < ";
    size_t end = 0;
    for (int calls = 0; calls < kCalls && end != stack.npos; ++calls)
        end = stack.find(kBetween, calls == 0 ? 0 : end + kBetween.size());
    stack = stack.substr(0, end);
    if (!stack.empty()) text.append(", in ").append(stack);
    return text;
}

}  // namespace logging
