// SPDX-License-Identifier: MIT
#include "cli/command_tree.h"

#include <algorithm>

#include "cli/choices.h"

namespace cli {
namespace {

// Of several values CLI11 says [a,b].
std::string otherwise(const CLI::Option& option) {
    const std::string value = option.get_default_str();
    return value.starts_with('[') && value.ends_with(']') ? value.substr(1, value.size() - 2) : value;
}

// CLI11's own words for a value of which nothing is said.
std::string value_of(CLI::Option& option) {
    if (option.get_items_expected_max() == 0) return {};
    const std::string& positional = option.get_name(true);
    std::string label = option.get_type_name();
    if (const size_t colon = label.find(":{"); colon != label.npos) label.resize(colon);  // the choices of a check
    const bool nothing_said = label.empty() || label == "TEXT";
    return option.get_positional() && nothing_said ? positional : label;
}

OptionWords describe(CLI::Option& option) {
    OptionWords words;
    for (const std::string& name : option.get_snames()) words.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) words.names.push_back("--" + name);
    if (words.names.empty()) words.names.push_back(option.get_name(true));
    words.value = value_of(option);
    words.help = option.get_description();
    words.otherwise = otherwise(option);
    words.group = option.get_group();
    words.choices = choices_of(option);
    words.delimiter = option.get_delimiter();
    words.required = option.get_required();
    words.repeatable =
        option.get_items_expected_max() > 1 || option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
    return words;
}

}  // namespace

bool OptionWords::is(std::string_view name) const { return std::ranges::find(names, name) != names.end(); }

const CommandWords* CommandWords::command(std::string_view called) const {
    const auto found = std::ranges::find(commands, called, &CommandWords::name);
    return found == commands.end() ? nullptr : &*found;
}

const OptionWords* CommandWords::option(std::string_view called) const {
    const auto found = std::ranges::find_if(options, [&](const OptionWords& option) { return option.is(called); });
    return found == options.end() ? nullptr : &*found;
}

CommandWords describe(CLI::App& app) {
    CommandWords words{.name = app.get_name(), .summary = app.get_description(), .footer = app.get_footer()};
    for (CLI::Option* option : app.get_options()) {
        if (option->get_group().empty()) continue;
        (option->nonpositional() ? words.options : words.positionals).push_back(describe(*option));
    }
    for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
        if (!command->get_group().empty() && !command->get_name().empty()) words.commands.push_back(describe(*command));
    return words;
}

}  // namespace cli
