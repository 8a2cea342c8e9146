// SPDX-License-Identifier: MIT
//
// What the rules have found, and whether that is to be mended: the one place where modes, counters and
// messages meet. Called under the guard's caller's lock; the counters may be read by any thread.
#pragma once

#include <udf_plugin.h>

#include <array>
#include <atomic>
#include <bitset>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "guard/news.h"
#include "guard/policy.h"

namespace guard {

// Thrown where a strict rule finds something. Never leaves the guard.
struct Refused : std::exception {
    explicit Refused(std::string why) : problem(std::move(why)) {}
    const char* what() const noexcept override { return problem.c_str(); }
    std::string problem;
};

struct Finding {
    Rule rule;
    const char* wrong;      // "NaN or an infinity in the field"
    const char* mended;     // "dropped the field"
    udf_str subject;        // the field's or tag's name
    udf_str group;          // of the point
    const char* part = "";  // between the two, where they are more general: "the field"
};

class Ledger {
public:
    Ledger(std::string algorithm, const Policy& policy, std::atomic<uint64_t>* counts = nullptr);

    Mode mode(Rule rule) const noexcept { return modes_[static_cast<size_t>(rule)]; }
    bool on(Rule rule) const noexcept { return mode(rule) != Mode::off; }
    bool all_off() const noexcept { return all_off_; }

    // True where what was found is to be mended, which then counts; false where the rule is off.
    // Throws Refused where it is strict.
    bool found(const Finding& finding);

    Counters& counters() noexcept { return counters_; }
    const Counters& counters() const noexcept { return counters_; }

    // Of rules that have mended for the first time.
    bool has_news() const noexcept { return !news_.empty(); }
    std::vector<News> take_news() { return std::exchange(news_, {}); }

    // The message for what a strict rule does not let pass.
    std::string refusal(Rule rule, std::string_view what) const;

private:
    const std::string algorithm_;
    std::array<Mode, kRules> modes_{};
    bool all_off_ = true;
    std::bitset<kRules> told_;
    std::vector<News> news_;
    Counters counters_;
};

}  // namespace guard
