// SPDX-License-Identifier: MIT
//
// An event of the log: how grave it is, a plain sentence, whom it is about, and its facts as fields. It owns nothing:
// what it looks into lives for the call. The sentence has no changing facts in it where it reads well without, so that
// it can be searched for and counted.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace logging {

enum class Level : uint8_t { debug, info, warning, error, off };  // off: of no event; for tests
enum class Format : uint8_t { text, json, journal };

// As the command line has them: "warning", "json". Nothing where there is no such.
std::optional<Level> level_named(std::string_view name) noexcept;
std::optional<Format> format_named(std::string_view name) noexcept;
std::string_view name_of(Level level) noexcept;
std::string_view name_of(Format format) noexcept;

// Whom an event is about: a node of a task in Kapacitor, and the algorithm that works for it. Empty = not known (yet).
struct Where {
    std::string algorithm = {}, task = {}, node = {};
};

// Text or a number. Text that is empty is as good as none: such a field is left out.
class Value {
public:
    enum class Kind : uint8_t { text, natural, integer, real };

    // NOLINTBEGIN(google-explicit-constructor): a fact is written as it is
    Value(std::string_view text) noexcept : text_(text) {}
    Value(const std::string& text) noexcept : text_(text) {}
    Value(const char* text) noexcept : text_(text) {}
    template <std::unsigned_integral Number>
    Value(Number number) noexcept : kind_(Kind::natural), natural_(number) {}
    template <std::signed_integral Number>
    Value(Number number) noexcept : kind_(Kind::integer), integer_(number) {}
    Value(double number) noexcept : kind_(Kind::real), real_(number) {}
    Value(bool) = delete;
    // NOLINTEND(google-explicit-constructor)

    Kind kind() const noexcept { return kind_; }
    bool is_text() const noexcept { return kind_ == Kind::text; }
    bool is_left_out() const noexcept { return is_text() && text_.empty(); }
    std::string_view text() const noexcept { return text_; }
    uint64_t natural() const noexcept { return natural_; }
    int64_t integer() const noexcept { return integer_; }
    double real() const noexcept { return real_; }

private:
    Kind kind_ = Kind::text;
    std::string_view text_;
    union {
        uint64_t natural_ = 0;
        int64_t integer_;
        double real_;
    };
};

// `key`: small letters and '_' alone. Those that more than one event has: group, cause, stack, plugin, file, said,
// worker.
struct Field {
    std::string_view key;
    Value value;
};
using Fields = std::initializer_list<Field>;

struct Event {
    Level level;
    std::string_view message;
    const Where& where;
    std::span<const Field> fields = {};
};

}  // namespace logging
