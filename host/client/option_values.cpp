// SPDX-License-Identifier: MIT
#include "client/option_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "text/duration.h"
#include "text/near_name.h"

namespace client {
namespace {

std::vector<std::string> option_names(const pb::InfoResponse& info) {
    std::vector<std::string> names;
    for (const auto& [name, option] : info.options()) names.push_back(name);
    std::sort(names.begin(), names.end());
    return names;
}

std::vector<std::string> split_values(std::string_view name, std::string_view text) {
    std::vector<std::string> values;
    for (size_t at = 0;; ++at) {  // at: the first character of a value, or the comma before it
        std::string& value = values.emplace_back();
        if (at < text.size() && text[at] == '\'') {
            for (++at; at < text.size() && text[at] != '\''; ++at) {
                if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == '\'') ++at;
                value += text[at];
            }
            if (at == text.size())
                throw std::invalid_argument(fmt::format("option {}: unbalanced ' in {}", name, text));
            ++at;
            if (at < text.size() && text[at] != ',')
                throw std::invalid_argument(fmt::format("option {}: text after the closing ' in {}", name, text));
        } else {
            const size_t end = std::min(text.find(',', at), text.size());
            value = text.substr(at, end - at);
            at = end;
        }
        if (at >= text.size()) return values;
    }
}

std::string type_name(pb::ValueType type) {
    switch (type) {
        case pb::BOOL:
            return "BOOL, true or false";
        case pb::INT:
            return "INT, like 10";
        case pb::DOUBLE:
            return "DOUBLE, like 1.5";
        case pb::STRING:
            return "STRING";
        case pb::DURATION:
            return "DURATION, like 10s or 1h30m";
        default:
            return fmt::format("of unknown type {}", static_cast<int>(type));
    }
}

template <typename Number>
bool whole_number(std::string_view text, Number& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

bool set_value(pb::ValueType type, const std::string& written, pb::OptionValue& to) {
    to.set_type(type);
    switch (type) {
        case pb::BOOL:
            to.set_boolvalue(written == "true" || written == "TRUE");
            return written == "true" || written == "TRUE" || written == "false" || written == "FALSE";
        case pb::INT: {
            int64_t value = 0;
            const bool good = whole_number(written, value);
            to.set_intvalue(value);
            return good;
        }
        case pb::DOUBLE: {
            double value = 0;
            const bool good = whole_number(written, value) && std::isfinite(value);
            to.set_doublevalue(value);
            return good;
        }
        case pb::STRING:
            to.set_stringvalue(written);
            return true;
        case pb::DURATION: {
            const auto duration = text::parse_duration(written);
            to.set_durationvalue(duration.value_or(0));
            return duration.has_value();
        }
        default:
            return false;
    }
}

std::string unknown_option(std::string_view name, const pb::InfoResponse& info) {
    const std::vector<std::string> names = option_names(info);
    if (names.empty()) return fmt::format("unknown option {}: there are none", name);
    return fmt::format("unknown option {}: there are {}{}", name, fmt::join(names, ", "),
                       text::did_you_mean(name, {names.begin(), names.end()}));
}

pb::Option parse_option(std::string_view written, const pb::InfoResponse& info) {
    const size_t equals = written.find('=');
    pb::Option option;
    option.set_name(std::string(written.substr(0, equals)));
    const auto declared = info.options().find(option.name());
    if (declared == info.options().end()) throw std::invalid_argument(unknown_option(option.name(), info));

    std::vector<std::string> values;
    if (equals != written.npos) values = split_values(option.name(), written.substr(equals + 1));
    const auto& types = declared->second.valuetypes();
    const auto expected = static_cast<size_t>(types.size());
    if (values.size() != expected) {
        const char* hint = values.size() > expected && expected > 0 ? "; put a value with commas in quotes: 'a,b'" : "";
        throw std::invalid_argument(fmt::format("option {}: {} value{} came, expected {}{}", option.name(),
                                                values.size(), values.size() == 1 ? "" : "s", expected, hint));
    }
    for (size_t i = 0; i < values.size(); ++i) {
        const auto type = static_cast<pb::ValueType>(types[static_cast<int>(i)]);
        if (!set_value(type, values[i], *option.add_values()))
            throw std::invalid_argument(fmt::format("option {}: '{}' came as value {} of {}, expected {}",
                                                    option.name(), values[i], i + 1, expected, type_name(type)));
    }
    return option;
}

}  // namespace

std::vector<pb::Option> parse_options(const std::vector<std::string>& texts, const pb::InfoResponse& info) {
    std::vector<pb::Option> options;
    for (const std::string& text : texts) options.push_back(parse_option(text, info));
    return options;
}

}  // namespace client
