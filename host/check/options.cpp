// SPDX-License-Identifier: MIT
//
// Options that the host lets pass: an algorithm takes them, or refuses them with a message.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>

#include "check/families.h"
#include "check/made_options.h"

namespace check {
namespace {

using kapacitor::udf::Option;
using kapacitor::udf::OptionValue;

constexpr size_t kFew = 12;  // points: enough to go through each group more than once

bool is_used(const Uses& uses, const udf_option& option) {
    return std::ranges::any_of(uses, [&](const Option& use) { return use.name() == option.name; });
}

// One life with these options. Refusing them is good, with a message.
void try_options(const Subject& subject, const Uses& uses) {
    const std::string with = text_of(uses);
    subject.notes.at("with {}", with);
    try {
        Handler handler(subject.algorithm, uses);
        try {
            handler.feed(subject.inputs.ordinary(kFew));
            handler.stop();
            handler.destroy();
        } catch (const HandlerFailed& e) {
            subject.notes.warn("takes {}, and then {}", with, e.what());
        }
    } catch (const HandlerFailed& e) {
        if (e.message.empty()) subject.notes.warn("refuses {} without a message", with);
    }
}

// What is at the ends of a type, and beside zero. TICKscript has no way to write NaN or an infinity.
std::vector<OptionValue> limits_of(uint8_t type) {
    std::vector<OptionValue> all;
    const auto add = [&](auto set) {
        all.emplace_back().set_type(static_cast<kapacitor::udf::ValueType>(type));
        set(all.back());
    };
    constexpr std::array<int64_t, 6> ints{
        0, -1, 1, 1'000'000'000'000, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
    switch (type) {
        case UDF_BOOL:
            for (const bool b : {false, true}) add([&](OptionValue& v) { v.set_boolvalue(b); });
            break;
        case UDF_INT:
            for (const int64_t i : ints) add([&](OptionValue& v) { v.set_intvalue(i); });
            break;
        case UDF_DURATION:
            for (const int64_t i : ints) add([&](OptionValue& v) { v.set_durationvalue(i); });
            break;
        case UDF_DOUBLE:
            for (const double d : {0.0, -0.0, -1.0, 5e-324, 1e308, -1e308})
                add([&](OptionValue& v) { v.set_doublevalue(d); });
            break;
        default:
            for (const std::string& s :
                 {std::string(), std::string(" "), std::string("it's \"quoted\", \\ and \n two lines"),
                  std::string("größe 日本 🌡"), std::string("nul\0in it", 9), std::string("not \xff UTF-8"),
                  std::string("%s%n%s{}{0}"), std::string(65'536, 'x')})
                add([&](OptionValue& v) { v.set_stringvalue(s); });
    }
    return all;
}

}  // namespace

void option_sets(const Subject& subject) {
    try_options(subject, completed(subject.algorithm, {}, 0));
    Uses all = subject.options;
    size_t texts = 8;
    for (const udf_option& option : std::span(subject.algorithm.options, subject.algorithm.option_count)) {
        if (!is_used(subject.options, option)) {
            Uses one_more = subject.options;
            one_more.push_back(made_up(option, 0, texts));
            try_options(subject, one_more);
            all.push_back(one_more.back());
        }
        if ((option.flags & UDF_OPTION_REPEATABLE) == 0) continue;
        Uses repeated = subject.options;
        for (size_t i = 0; i < 3; ++i) repeated.push_back(made_up(option, i, texts));
        try_options(subject, repeated);
        repeated.push_back(repeated.back());  // word for word
        try_options(subject, repeated);
    }
    try_options(subject, all);
    std::ranges::reverse(all);
    try_options(subject, all);
}

void option_limits(const Subject& subject) {
    for (const udf_option& option : std::span(subject.algorithm.options, subject.algorithm.option_count)) {
        Uses uses = subject.options;
        size_t texts = 8;
        if (!is_used(uses, option)) uses.push_back(made_up(option, 0, texts));
        const auto use = std::ranges::find_if(uses, [&](const Option& u) { return u.name() == option.name; });
        for (uint32_t i = 0; i < option.type_count; ++i) {
            const OptionValue usual = use->values(static_cast<int>(i));
            for (const OptionValue& limit : limits_of(option.types[i])) {
                *use->mutable_values(static_cast<int>(i)) = limit;
                try_options(subject, uses);
            }
            *use->mutable_values(static_cast<int>(i)) = usual;
        }
    }
}

}  // namespace check
