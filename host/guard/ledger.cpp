// SPDX-License-Identifier: MIT
#include "guard/ledger.h"

#include <fmt/format.h>

#include <algorithm>

#include "text/utf8.h"

namespace guard {
namespace {

// A name from a plugin as a message can carry it: short, on one line and UTF-8.
std::string shown(udf_str name) {
    constexpr size_t kLongest = 100;
    const std::string_view start(name.data, std::min(name.size, kLongest));
    std::string shown = text::replace_bad_utf8(start);
    for (char& c : shown)
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    return shown + (name.size > kLongest ? "..." : "");
}

std::string subject(const char* what, const Finding& finding) {
    std::string text = what;
    if (*finding.part) text += fmt::format(" {}", finding.part);
    if (finding.subject.size) text += fmt::format(" '{}'", shown(finding.subject));
    return text;
}

std::string place(const char* what, const Finding& finding) {
    const std::string text = subject(what, finding);
    return finding.group.size ? fmt::format("{} of group '{}'", text, shown(finding.group)) : text + " (no group)";
}

}  // namespace

Ledger::Ledger(std::string algorithm, const Policy& policy, std::atomic<uint64_t>* counts)
    : algorithm_(std::move(algorithm)), counters_(counts) {
    for (const RuleInfo& rule : rules()) {
        modes_[static_cast<size_t>(rule.rule)] = policy.mode_of(rule.rule);
        if (on(rule.rule)) all_off_ = false;
    }
}

bool Ledger::found(const Finding& finding) {
    const Mode how = mode(finding.rule);
    if (how == Mode::off) return false;
    counters_.add(finding.rule);
    if (how == Mode::strict) throw Refused(refusal(finding.rule, place(finding.wrong, finding)));
    if (auto told = told_[static_cast<size_t>(finding.rule)]; !told) {
        told = true;
        const RuleInfo& rule = info(finding.rule);
        news_.push_back({rule, subject(finding.mended, finding), std::string(shown(finding.group))});
    }
    return true;
}

std::string Ledger::refusal(Rule rule, std::string_view what) const {
    return fmt::format(
        "algorithm '{}' emitted what the guard does not let pass: {} (rule {}, {}; --guard-rule {}=repair mends it)",
        algorithm_, what, info(rule).name, info(rule).row, info(rule).name);
}

}  // namespace guard
