// SPDX-License-Identifier: MIT
#include "agent/universal.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>

#include "agent/options.h"

namespace agent {
namespace {

using kapacitor::udf::InitRequest;
using kapacitor::udf::Option;
using kapacitor::udf::OptionValue;

constexpr const char* kAlgorithm = "algorithm";

constexpr uint8_t kName[] = {UDF_STRING};
constexpr uint8_t kText[] = {UDF_STRING, UDF_STRING};
constexpr uint8_t kInteger[] = {UDF_STRING, UDF_INT};
constexpr uint8_t kNumber[] = {UDF_STRING, UDF_DOUBLE};
constexpr uint8_t kFlag[] = {UDF_STRING, UDF_BOOL};
constexpr uint8_t kDuration[] = {UDF_STRING, UDF_DURATION};
constexpr udf_option kOptions[] = {
    {kAlgorithm, "the algorithm that this task wants", kName, 1, UDF_OPTION_REQUIRED},
    {"text", "an option of the algorithm, and a string", kText, 2, UDF_OPTION_REPEATABLE},
    {"integer", "an option of the algorithm, and an int", kInteger, 2, UDF_OPTION_REPEATABLE},
    {"number", "an option of the algorithm, and a double", kNumber, 2, UDF_OPTION_REPEATABLE},
    {"flag", "an option of the algorithm, and a bool", kFlag, 2, UDF_OPTION_REPEATABLE},
    {"duration", "an option of the algorithm, and a duration", kDuration, 2, UDF_OPTION_REPEATABLE},
};

constexpr udf_algorithm table(uint32_t wants, uint32_t provides) {
    udf_algorithm all{};
    all.struct_size = sizeof all;
    all.name = "any";
    all.version = UDF_HOST_VERSION;
    all.help = "any algorithm of these edges, by its name";
    all.wants = wants;
    all.provides = provides;
    all.options = kOptions;
    all.option_count = std::size(kOptions);
    return all;
}

const udf_option* find(const udf_algorithm& algorithm, const std::string& name) {
    const std::span options(algorithm.options, algorithm.option_count);
    const auto found = std::ranges::find_if(options, [&](const udf_option& o) { return name == o.name; });
    return found == options.end() ? nullptr : &*found;
}

}  // namespace

const udf_algorithm& universal_function(uint32_t wants, uint32_t provides) {
    static constexpr udf_algorithm kTables[2][2] = {
        {table(UDF_STREAM, UDF_STREAM), table(UDF_STREAM, UDF_BATCH)},
        {table(UDF_BATCH, UDF_STREAM), table(UDF_BATCH, UDF_BATCH)},
    };
    return kTables[wants == UDF_BATCH][provides == UDF_BATCH];
}

std::string wanted_algorithm(const InitRequest& request) {
    const auto named = std::ranges::find(request.options(), kAlgorithm, [](const Option& o) { return o.name(); });
    if (named == request.options().end()) return {};
    const Options checked(universal_function(UDF_STREAM, UDF_STREAM), request);  // the edges do not matter
    return named->values(0).stringvalue();
}

InitRequest request_for(const udf_algorithm& algorithm, const InitRequest& request) {
    InitRequest own = request;
    own.clear_options();
    Option* last = nullptr;
    size_t takes = 0;  // values, of `last`
    for (const Option& option : request.options()) {
        if (option.name() == kAlgorithm) continue;
        const std::string& name = option.values(0).stringvalue();
        const OptionValue& value = option.values(1);
        const udf_option* declared = find(algorithm, name);
        if (declared != nullptr && declared->type_count == 0 && value.value_case() == OptionValue::kBoolValue) {
            last = nullptr;
            if (value.boolvalue()) own.add_options()->set_name(name);
            continue;
        }
        const bool goes_on =
            last != nullptr && last->name() == name && static_cast<size_t>(last->values_size()) < takes;
        if (!goes_on) {
            last = own.add_options();
            last->set_name(name);
            // What the algorithm does not know is to be complained of once.
            takes = declared != nullptr ? declared->type_count : static_cast<size_t>(request.options_size());
        }
        *last->add_values() = value;
    }
    return own;
}

}  // namespace agent
