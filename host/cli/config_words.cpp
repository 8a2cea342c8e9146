// SPDX-License-Identifier: MIT
#include "cli/config_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "text/near_name.h"

namespace cli {
namespace {

using Kind = Setting::Kind;
using Shape = Setting::Shape;

// What makes no sense in a file: it says what is done, or which file and for whom it is read.
constexpr std::array<std::string_view, 6> kNotInFiles{"help", "version", "config", "plugin", "algorithm", "kept-file"};

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// What a value has to be is told by the placeholder that the help has for it.
bool is_number(const CLI::Option& option) { return is_one_of(option.get_type_name(), {"SECONDS", "MIB", "POINTS"}); }
bool is_path(const CLI::Option& option) { return is_one_of(option.get_type_name(), {"DIR", "FILE", "PATH"}); }
bool is_pair(const CLI::Option& option) { return option.get_type_name().find('=') != std::string::npos; }
bool is_flag(const CLI::Option& option) { return option.get_items_expected_max() == 0; }
bool may_repeat(const CLI::Option& option) {
    return option.get_items_expected_max() > 1 || option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
}

std::string wrong_shape(const CLI::Option& option, Shape shape) {
    const char* const takes = is_flag(option)     ? "true or false"
                              : is_number(option) ? "a number"
                              : is_path(option)   ? "a path in quotes"
                                                  : "text in quotes";
    if (shape == Shape::table && !is_pair(option)) return fmt::format("takes {}, not a table", takes);
    if (shape == Shape::list && !may_repeat(option)) return fmt::format("takes {}, not a list", takes);
    return {};
}

std::string wrong_kind(const CLI::Option& option, const Setting::Value& value) {
    if (is_flag(option)) return value.kind == Kind::truth ? "" : "takes true or false, without quotes";
    const bool octal = value.kind == Kind::number && value.word.size() > 1 && value.word.front() == '0' &&
                       value.word.find('.') == std::string::npos;
    if (is_number(option)) {
        if (octal) return "takes a number in decimal";
        if (value.kind == Kind::number) return {};
        return value.kind == Kind::text ? "takes a number, without quotes" : "takes a number";
    }
    if (value.kind == Kind::text) return value.word.empty() ? "is empty; leave it out for the default" : "";
    if (octal && option.get_name() == "--socket-mode") return {};
    return "takes text, in quotes";
}

std::string refusal(const CLI::ParseError& error, const std::string& key) {
    const std::string_view text = error.what();
    const std::string before = fmt::format("--{}: ", key);
    return std::string(text.starts_with(before) ? text.substr(before.size()) : text);
}

}  // namespace

Words given_words(const CLI::App& parsed) {
    Words words;
    for (const CLI::Option* option : parsed.get_options())
        if (option->count() != 0 && !option->get_lnames().empty())
            words[option->get_lnames().front()] = option->results();
    return words;
}

void lay_over(Words& words, const Words& others) {
    for (const auto& [key, values] : others) words[key] = values;
}

std::vector<std::string> command_line(const Words& words) {
    std::vector<std::string> line;
    for (const auto& [key, values] : words)
        for (const std::string& value : values) {
            line.push_back(fmt::format("--{}{}{}", key, value.empty() ? "" : "=", value));
            if (value.empty()) line.emplace_back();
        }
    return line;
}

void parse(CLI::App& app, const Words& words) {
    const std::vector<std::string> line = command_line(words);
    app.parse(std::vector(line.rbegin(), line.rend()));  // CLI11 takes them from the back
}

Vocabulary::Vocabulary(AddOptions add) : add_(std::move(add)), options_(add_(*app_)) {}

const CLI::Option* Vocabulary::find(const std::string& key) const {
    if (std::find(kNotInFiles.begin(), kNotInFiles.end(), key) != kNotInFiles.end()) return nullptr;
    for (const CLI::Option* option : std::as_const(*app_).get_options())
        if (!option->get_lnames().empty() && option->get_lnames().front() == key) return option;
    return nullptr;
}

std::vector<std::string> Vocabulary::names() const {
    std::vector<std::string> names;
    for (const CLI::Option* option : std::as_const(*app_).get_options())
        if (const auto& own = option->get_lnames(); !own.empty() && has(own.front())) names.push_back(own.front());
    return names;
}

bool Vocabulary::in_group(const std::string& key, const std::string& group) const {
    const CLI::Option* option = find(key);
    return option != nullptr && option->get_group() == group;
}

Words Vocabulary::known(const Words& words) const {
    Words known;
    for (const auto& [key, values] : words)
        if (has(key)) known.emplace(key, values);
    return known;
}

std::string Vocabulary::take(const Setting& setting, const std::filesystem::path& base, Words& words) const {
    const CLI::Option& option = *find(setting.key);
    if (std::string problem = wrong_shape(option, setting.shape); !problem.empty()) return problem;
    std::vector<std::string> taken;
    for (const Setting::Value& value : setting.values) {
        if (std::string problem = wrong_kind(option, value); !problem.empty()) return problem;
        taken.push_back(is_path(option) ? (base / value.word).string() : value.word);
        CLI::App trial;
        const auto options = add_(trial);
        try {
            parse(trial, {{setting.key, {taken.back()}}});
        } catch (const CLI::ParseError& e) {
            return refusal(e, setting.key);
        }
    }
    words[setting.key] = std::move(taken);
    return {};
}

std::string unknown_key(const std::string& key, const std::vector<const Vocabulary*>& all) {
    std::vector<std::string> names{"algorithm"};  // of sections
    for (const Vocabulary* vocabulary : all)
        for (std::string& name : vocabulary->names()) names.push_back(std::move(name));
    return "unknown" + text::did_you_mean(key, {names.begin(), names.end()});
}

}  // namespace cli
