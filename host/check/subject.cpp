// SPDX-License-Identifier: MIT
#include "check/subject.h"

#include <fmt/format.h>

#include "text/duration.h"
#include "text/utf8.h"

namespace check {
namespace {

std::string text_of(const kapacitor::udf::OptionValue& value) {
    using Value = kapacitor::udf::OptionValue;
    constexpr size_t kLongest = 40;
    switch (value.value_case()) {
        case Value::kBoolValue:
            return value.boolvalue() ? "true" : "false";
        case Value::kIntValue:
            return std::to_string(value.intvalue());
        case Value::kDoubleValue:
            return fmt::format("{}", value.doublevalue());
        case Value::kDurationValue:
            return text::format_duration(value.durationvalue());
        default:
            break;
    }
    const std::string& text = value.stringvalue();
    if (text.size() > kLongest) return fmt::format("(a text of {} bytes)", text.size());
    return "'" + text::replace_bad_utf8(text) + "'";
}

}  // namespace

std::string text_of(const Uses& uses) {
    if (uses.empty()) return "no options";
    std::string all;
    for (const auto& use : uses) {
        all += (all.empty() ? "" : " ") + use.name();
        for (int i = 0; i < use.values_size(); ++i) all += (i == 0 ? "=" : ",") + text_of(use.values(i));
    }
    return all;
}

Emitted Subject::life(const Input& input, size_t run_length) const {
    Handler handler(algorithm, options);
    handler.feed(input, run_length);
    handler.stop();
    handler.destroy();
    return handler.take();
}

bool Subject::comparable(const Input& input) const {
    notes.at("two handlers with the same input, one after the other");
    if (difference(life(input), life(input)).empty()) return true;
    notes.skip("the same input does not give the same output each time, so that there is nothing to compare");
    return false;
}

}  // namespace check
