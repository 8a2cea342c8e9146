// SPDX-License-Identifier: MIT
#include "agent/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "text/duration.h"
#include "text/near_name.h"

namespace agent {
namespace {

using kapacitor::udf::Option;
using kapacitor::udf::OptionValue;

constexpr const char* kTypeNames[] = {"bool", "int", "double", "string", "duration"};

std::span<const udf_option> declared_options(const udf_algorithm& a) { return {a.options, a.option_count}; }

// A value as the user wrote it, or as near to it as the protocol tells.
std::string describe(const OptionValue& value) {
    switch (value.value_case()) {
        case OptionValue::kBoolValue:
            return value.boolvalue() ? "bool TRUE" : "bool FALSE";
        case OptionValue::kIntValue:
            return fmt::format("int {}", value.intvalue());
        case OptionValue::kDoubleValue:
            return fmt::format("double {}", value.doublevalue());
        case OptionValue::kStringValue:
            return fmt::format("string '{}'", value.stringvalue());
        case OptionValue::kDurationValue:
            return fmt::format("duration {}", text::format_duration(value.durationvalue()));
        case OptionValue::VALUE_NOT_SET:
            break;
    }
    return "no value, as Kapacitor passes on a lambda, a regular expression or a reference";
}

std::string describe_arguments(const udf_option& option) {
    std::vector<std::string_view> names;
    for (uint32_t i = 0; i < option.type_count; ++i) names.emplace_back(kTypeNames[option.types[i]]);
    return names.empty() ? "none" : fmt::format("{} ({})", names.size(), fmt::join(names, ", "));
}

}  // namespace

Options::Options(const udf_algorithm& algorithm, kapacitor::udf::InitRequest request) : request_(std::move(request)) {
    std::vector<std::string> problems;
    std::vector<uint32_t> uses(algorithm.option_count);
    size_t value_count = 0;
    for (const Option& option : request_.options()) value_count += static_cast<size_t>(option.values_size());
    values_.reserve(value_count);  // args_ point into it

    for (const Option& option : request_.options()) {
        const auto all = declared_options(algorithm);
        const auto declared = std::ranges::find_if(all, [&](const udf_option& o) { return option.name() == o.name; });
        if (declared == all.end()) {
            std::vector<std::string_view> names;
            for (const udf_option& o : all) names.emplace_back(o.name);
            problems.push_back(
                fmt::format("there is no option '{}'{}", option.name(), text::did_you_mean(option.name(), names)));
            continue;
        }
        if (++uses[static_cast<size_t>(declared - all.begin())] == 2 && !(declared->flags & UDF_OPTION_REPEATABLE))
            problems.push_back(fmt::format("option '{}' may be used once only", option.name()));
        if (static_cast<uint32_t>(option.values_size()) != declared->type_count) {
            problems.push_back(fmt::format("option '{}' got {} argument{}, expected {}", option.name(),
                                           option.values_size(), option.values_size() == 1 ? "" : "s",
                                           describe_arguments(*declared)));
            continue;
        }
        const size_t first = values_.size();
        for (uint32_t i = 0; i < declared->type_count; ++i) {
            const OptionValue& value = option.values(static_cast<int>(i));
            bool fits = false;
            values_.push_back(convert(value, declared->types[i], fits));
            if (!fits)
                problems.push_back(fmt::format("argument {} of option '{}' is {}, expected {}", i + 1, option.name(),
                                               describe(value), kTypeNames[declared->types[i]]));
        }
        args_.push_back(
            {{option.name().data(), option.name().size()}, values_.data() + first, declared->type_count, 0});
    }
    for (uint32_t i = 0; i < algorithm.option_count; ++i)
        if ((algorithm.options[i].flags & UDF_OPTION_REQUIRED) && uses[i] == 0)
            problems.push_back(fmt::format("option '{}' is required, arguments: {}", algorithm.options[i].name,
                                           describe_arguments(algorithm.options[i])));
    if (!problems.empty()) throw BadOptions(fmt::format("{}", fmt::join(problems, "; ")));
}

udf_value Options::convert(const OptionValue& value, uint32_t type, bool& fits) {
    udf_value out{};
    out.type = type;
    const auto as_text = [&](const std::string& text) {
        out.as.s = text.data();
        out.size = static_cast<uint32_t>(text.size());
    };
    fits = true;
    switch (value.value_case()) {
        case OptionValue::kBoolValue:
            out.as.i = value.boolvalue();
            fits = type == UDF_BOOL;
            break;
        case OptionValue::kIntValue:
            if (type == UDF_DOUBLE)
                out.as.f = static_cast<double>(value.intvalue());
            else
                out.as.i = value.intvalue();
            fits = type == UDF_INT || type == UDF_DOUBLE;
            break;
        case OptionValue::kDoubleValue:
            out.as.f = value.doublevalue();
            fits = type == UDF_DOUBLE;
            break;
        case OptionValue::kStringValue:
            as_text(value.stringvalue());
            fits = type == UDF_STRING;
            break;
        case OptionValue::kDurationValue:
            if (type == UDF_STRING)
                as_text(written_out_.emplace_back(text::format_duration(value.durationvalue())));
            else
                out.as.i = value.durationvalue();
            fits = type == UDF_DURATION || type == UDF_STRING;
            break;
        case OptionValue::VALUE_NOT_SET:
            fits = false;
    }
    return out;
}

}  // namespace agent
