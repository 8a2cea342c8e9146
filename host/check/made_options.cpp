// SPDX-License-Identifier: MIT
#include "check/made_options.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "client/option_values.h"

namespace check {
namespace {

using kapacitor::udf::OptionValue;

constexpr int64_t kSecondOfOption = 1'000'000'000;

void make_up(OptionValue& value, uint8_t type, size_t way, size_t& texts) {
    constexpr std::array<int64_t, kWithOptional> ints{3, 1, 10, 100};
    constexpr std::array<double, kWithOptional> doubles{1.5, 0.5, 3, 0};
    constexpr std::array<int64_t, kWithOptional> durations{60 * kSecondOfOption, kSecondOfOption, 10 * kSecondOfOption,
                                                           3600 * kSecondOfOption};
    constexpr std::array<const char*, kWithOptional> names{"value", "count", "host", "cpu"};
    value.set_type(static_cast<kapacitor::udf::ValueType>(type));
    switch (type) {
        case UDF_BOOL:
            value.set_boolvalue(way % 2 == 0);
            break;
        case UDF_INT:
            value.set_intvalue(ints[way]);
            break;
        case UDF_DOUBLE:
            value.set_doublevalue(doubles[way]);
            break;
        case UDF_DURATION:
            value.set_durationvalue(durations[way]);
            break;
        default:
            value.set_stringvalue(texts == 0 ? names[way] : names[way] + std::to_string(texts + 1));
            ++texts;
    }
}

bool is_given(const Uses& uses, const char* name) {
    return std::ranges::any_of(uses, [&](const auto& use) { return use.name() == name; });
}

}  // namespace

kapacitor::udf::Option made_up(const udf_option& option, size_t way, size_t& texts) {
    kapacitor::udf::Option use;
    use.set_name(option.name);
    for (const uint8_t type : std::span(option.types, option.type_count)) make_up(*use.add_values(), type, way, texts);
    return use;
}

Uses completed(const udf_algorithm& algorithm, Uses given, size_t way) {
    size_t texts = 0;
    for (const udf_option& option : std::span(algorithm.options, algorithm.option_count))
        if ((way >= kWithOptional || (option.flags & UDF_OPTION_REQUIRED) != 0) && !is_given(given, option.name))
            given.push_back(made_up(option, way % kWithOptional, texts));
    return given;
}

Uses parsed(const udf_algorithm& algorithm, const std::vector<std::string>& words) {
    kapacitor::udf::InfoResponse info;
    for (const udf_option& option : std::span(algorithm.options, algorithm.option_count)) {
        auto& types = (*info.mutable_options())[option.name];
        for (const uint8_t type : std::span(option.types, option.type_count))
            types.add_valuetypes(static_cast<kapacitor::udf::ValueType>(type));
    }
    return client::parse_options(words, info);
}

}  // namespace check
