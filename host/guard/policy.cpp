// SPDX-License-Identifier: MIT
#include "guard/policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "text/near_name.h"

namespace guard {
namespace {

using Words = std::vector<std::string_view>;

// In the order of Mode and NonFinite.
const Words kModes{"off", "repair", "strict"};
const Words kNonFinite{"drop-field", "drop-point", "error", "pass"};

size_t index_of(std::string_view word, const Words& words, std::string_view what) {
    const auto found = std::find(words.begin(), words.end(), word);
    if (found == words.end())
        throw BadPolicy(fmt::format("'{}' is no {}, which is one of {}{}", word, what, fmt::join(words, ", "),
                                    text::did_you_mean(word, words)));
    return static_cast<size_t>(found - words.begin());
}

Mode mode_named(std::string_view word) { return static_cast<Mode>(index_of(word, kModes, "mode of the guard")); }

}  // namespace

Mode Policy::mode_of(Rule rule) const noexcept {
    if (const auto& own = rule_modes[static_cast<size_t>(rule)]) return *own;
    if (rule == Rule::non_finite && mode != Mode::off) {
        if (non_finite == NonFinite::error) return Mode::strict;
        if (non_finite == NonFinite::pass) return Mode::off;
    }
    return mode;
}

void Policy::set_mode(std::string_view word) { mode = mode_named(word); }

void Policy::set_rule(std::string_view setting) {
    const size_t equals = setting.find('=');
    if (equals == setting.npos)
        throw BadPolicy(fmt::format("'{}' sets no rule of the guard: write RULE=MODE, as in utf8=strict", setting));
    Words names;
    for (const RuleInfo& rule : rules()) names.emplace_back(rule.name);
    const size_t rule = index_of(setting.substr(0, equals), names, "rule of the guard");
    rule_modes[rule] = mode_named(setting.substr(equals + 1));
}

void Policy::set_non_finite(std::string_view word) {
    non_finite = static_cast<NonFinite>(index_of(word, kNonFinite, "policy for NaN and infinities"));
}

}  // namespace guard
