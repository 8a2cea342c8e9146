// SPDX-License-Identifier: MIT
#include "text/duration.h"

#include <fmt/format.h>

#include <charconv>

namespace text {
namespace {

struct Unit {
    std::string_view name;
    int64_t nanoseconds;
};

// Longer names first: "ms" is not "m". format_duration takes the first of each size.
constexpr Unit kUnits[] = {
    {"w", 604'800'000'000'000},
    {"d", 86'400'000'000'000},
    {"h", 3'600'000'000'000},
    {"ms", 1'000'000},
    {"m", 60'000'000'000},
    {"us", 1'000},
    {"µs", 1'000},
    {"u", 1'000},
    {"µ", 1'000},
    {"ns", 1},
    {"s", 1'000'000'000},
};

const Unit* unit_at(std::string_view text) {
    for (const Unit& unit : kUnits)
        if (text.starts_with(unit.name)) return &unit;
    return nullptr;
}

}  // namespace

std::optional<int64_t> parse_duration(std::string_view text) {
    if (text == "0") return 0;
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    if (text.empty()) return std::nullopt;
    int64_t total = 0;
    while (!text.empty()) {
        uint64_t count = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        if (error != std::errc()) return std::nullopt;
        text.remove_prefix(static_cast<size_t>(end - text.data()));
        const Unit* unit = unit_at(text);
        int64_t part;
        if (!unit || __builtin_mul_overflow(count, unit->nanoseconds, &part) ||
            __builtin_add_overflow(total, part, &total))
            return std::nullopt;
        text.remove_prefix(unit->name.size());
    }
    return negative ? -total : total;
}

std::string format_duration(int64_t nanoseconds) {
    if (nanoseconds == 0) return "0s";
    const Unit* best = nullptr;
    for (const Unit& unit : kUnits)
        if (nanoseconds % unit.nanoseconds == 0 && (!best || unit.nanoseconds > best->nanoseconds)) best = &unit;
    return fmt::format("{}{}", nanoseconds / best->nanoseconds, best->name == "us" ? "u" : best->name);
}

}  // namespace text
