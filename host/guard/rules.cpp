// SPDX-License-Identifier: MIT
#include "guard/rules.h"

#include <fmt/format.h>

namespace guard {
namespace {

constexpr std::array<RuleInfo, kRules> kTable{{
    {Rule::frame_limit, "frame-limit", "K4", "a frame is longer than Kapacitor should be asked to hold"},
    {Rule::batch_limit, "batch-limit", "K7", "a batch has more points than Kapacitor should be asked to hold"},
    {Rule::utf8, "utf8", "E3", "a string is not UTF-8"},
    {Rule::group, "group", "C1", "a point lacks its name, database, dimensions or their tags"},
    {Rule::duplicate, "duplicate", "C5", "a field or tag comes twice in a point"},
    {Rule::incomplete, "incomplete", "C6", "a point without fields, name or time, a field or tag without a name"},
    {Rule::non_finite, "non-finite", "C8", "a field is NaN or an infinity"},
    {Rule::tmax, "tmax", "C9", "a batch ends before its points"},
    {Rule::edge, "edge", "C10", "a batch from an algorithm that provides a stream, or the reverse"},
    {Rule::type_change, "type-change", "C11", "a field changes its type"},
    {Rule::newline, "newline", "C12", "a line break in the name of a measurement, field or tag, or in a tag"},
}};

constexpr bool in_order() {
    for (size_t i = 0; i < kRules; ++i)
        if (kTable[i].rule != static_cast<Rule>(i)) return false;
    return true;
}
static_assert(in_order());

}  // namespace

std::span<const RuleInfo> rules() noexcept { return kTable; }

const RuleInfo& info(Rule rule) noexcept { return kTable[static_cast<size_t>(rule)]; }

std::string Counters::text() const {
    std::string text;
    for (const RuleInfo& rule : kTable)
        if (const uint64_t count = get(rule.rule); count != 0)
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", rule.name, count);
    return text;
}

}  // namespace guard
