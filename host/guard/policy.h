// SPDX-License-Identifier: MIT
//
// How strict the guard is: for all rules, and for single ones. Set from the words of the command line;
// a word that means nothing is a BadPolicy, whose message names the words that do.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "guard/rules.h"

namespace guard {

enum class Mode : uint8_t {
    off,     // what the rule is about passes
    repair,  // is mended and counted
    strict,  // is refused, with a message
};

// What becomes of a field that is NaN or an infinity.
enum class NonFinite : uint8_t { drop_field, drop_point, error, pass };

struct BadPolicy : std::invalid_argument {
    using std::invalid_argument::invalid_argument;
};

struct Policy {
    Mode mode = Mode::repair;
    std::array<std::optional<Mode>, kRules> rule_modes{};  // where they are set one by one
    NonFinite non_finite = NonFinite::drop_field;
    uint64_t batch_limit = 10'000'000;  // points

    // For non_finite, `error` means strict and `pass` means off, unless the rule's own mode is set.
    Mode mode_of(Rule rule) const noexcept;

    void set_mode(std::string_view word);        // off, repair, strict
    void set_rule(std::string_view setting);     // RULE=MODE
    void set_non_finite(std::string_view word);  // drop-field, drop-point, error, pass
};

}  // namespace guard
