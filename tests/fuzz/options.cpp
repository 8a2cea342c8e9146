// SPDX-License-Identifier: MIT
//
// Options of a task, against an algorithm that declares one of every kind: what is accepted is
// what was declared, and what is refused has a fault and a reason.
#include "agent/options.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>

#include <google/protobuf/stubs/logging.h>

#include "fuzz/check.h"

namespace {

using kapacitor::udf::InitRequest;
using kapacitor::udf::OptionValue;

constexpr uint8_t kString[] = {UDF_STRING}, kInt[] = {UDF_INT}, kDouble[] = {UDF_DOUBLE}, kBool[] = {UDF_BOOL};
constexpr uint8_t kDuration[] = {UDF_DURATION}, kMany[] = {UDF_STRING, UDF_DOUBLE, UDF_DURATION, UDF_BOOL, UDF_INT};
constexpr udf_option kDeclared[] = {
    {"field", "", kString, 1, UDF_OPTION_REQUIRED},
    {"size", "", kInt, 1, 0},
    {"scale", "", kDouble, 1, 0},
    {"exact", "", kBool, 1, 0},
    {"every", "", kDuration, 1, 0},
    {"set", "", kMany, 5, UDF_OPTION_REPEATABLE},
    {"as", "", kString, 1, UDF_OPTION_REPEATABLE | UDF_OPTION_REQUIRED},
    {"none", "", nullptr, 0, 0},
};

udf_algorithm algorithm() {
    udf_algorithm a{};
    a.name = "fuzzed";
    a.options = kDeclared;
    a.option_count = std::size(kDeclared);
    return a;
}

const udf_option* find(const std::string& name) {
    const auto* const found = std::ranges::find_if(kDeclared, [&](const udf_option& o) { return name == o.name; });
    return found == std::end(kDeclared) ? nullptr : found;
}

bool fits(const OptionValue& value, uint8_t type) {
    switch (value.value_case()) {
        case OptionValue::kBoolValue:
            return type == UDF_BOOL;
        case OptionValue::kIntValue:
            return type == UDF_INT || type == UDF_DOUBLE;
        case OptionValue::kDoubleValue:
            return type == UDF_DOUBLE;
        case OptionValue::kStringValue:
            return type == UDF_STRING;
        case OptionValue::kDurationValue:
            return type == UDF_DURATION || type == UDF_STRING;
        default:
            return false;
    }
}

bool acceptable(const InitRequest& request) {
    std::map<std::string, int> uses;
    for (const auto& option : request.options()) {
        const udf_option* const declared = find(option.name());
        if (!declared || static_cast<uint32_t>(option.values_size()) != declared->type_count) return false;
        if (++uses[option.name()] > 1 && !(declared->flags & UDF_OPTION_REPEATABLE)) return false;
        for (int i = 0; i < option.values_size(); ++i)
            if (!fits(option.values(i), declared->types[i])) return false;
    }
    return std::ranges::all_of(
        kDeclared, [&](const udf_option& o) { return !(o.flags & UDF_OPTION_REQUIRED) || uses[o.name] > 0; });
}

void check_value(const udf_value& value, const OptionValue& given, uint8_t type) {
    FUZZ_CHECK(value.type == type);
    const std::string text = type == UDF_STRING ? std::string(value.as.s, value.size) : "";
    if (given.has_stringvalue()) FUZZ_CHECK(text == given.stringvalue());
    if (given.has_boolvalue()) FUZZ_CHECK(value.as.i == given.boolvalue());
    if (given.has_intvalue() && type == UDF_INT) FUZZ_CHECK(value.as.i == given.intvalue());
    if (given.has_intvalue() && type == UDF_DOUBLE) FUZZ_CHECK(value.as.f == static_cast<double>(given.intvalue()));
    if (given.has_doublevalue())
        FUZZ_CHECK(value.as.f == given.doublevalue() || std::isnan(value.as.f) == std::isnan(given.doublevalue()));
    if (given.has_durationvalue() && type == UDF_DURATION) FUZZ_CHECK(value.as.i == given.durationvalue());
    if (given.has_durationvalue() && type == UDF_STRING) FUZZ_CHECK(!text.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const google::protobuf::LogSilencer quiet;
    InitRequest request;
    if (!request.ParseFromArray(data, static_cast<int>(size))) return 0;
    const bool expected = acceptable(request);
    const udf_algorithm declared = algorithm();
    try {
        const agent::Options options(declared, request);
        FUZZ_CHECK(expected);
        FUZZ_CHECK(options.args().size() == static_cast<size_t>(request.options_size()));
        for (int i = 0; i < request.options_size(); ++i) {
            const udf_arg& arg = options.args()[static_cast<size_t>(i)];
            const auto& option = request.options(i);
            FUZZ_CHECK(std::string(arg.name.data, arg.name.size) == option.name());
            FUZZ_CHECK(arg.value_count == static_cast<uint32_t>(option.values_size()));
            for (int v = 0; v < option.values_size(); ++v)
                check_value(arg.values[v], option.values(v), find(option.name())->types[v]);
        }
    } catch (const agent::BadOptions& refusal) {
        FUZZ_CHECK(!expected);
        FUZZ_CHECK(!std::string_view(refusal.what()).empty());
    }
    return 0;
}
