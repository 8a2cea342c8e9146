// SPDX-License-Identifier: MIT
#include "cli/complete.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace cli {
namespace {

using More = Candidates::More;

// The words in front of the cursor, understood as far as it takes.
struct Line {
    const CommandWords* command = nullptr;
    const OptionWords* awaits_value = nullptr;  // of the option in front of the cursor
    std::map<const OptionWords*, std::vector<std::string>> given = {};
    std::vector<std::string> positionals = {};
    bool dashes = false;  // "--" has been: all that follows is positional

    const std::vector<std::string>* values_of(std::string_view option) const {
        const auto found = given.find(command->option(option));
        return found == given.end() ? nullptr : &found->second;
    }
    std::string last_of(std::string_view option) const {
        const auto* values = values_of(option);
        return values == nullptr || values->empty() ? "" : values->back();
    }
    std::vector<std::string> plugins_dirs() const {
        const auto* values = values_of("--plugins-dir");
        return values == nullptr ? std::vector<std::string>{} : *values;
    }
};

Line understand(const CommandWords& root, const std::vector<std::string>& words) {
    Line line{.command = &root};
    for (size_t i = 0; i + 1 < words.size(); ++i) {
        const std::string& word = words[i];
        const size_t equals = word.starts_with("--") ? word.find('=') : word.npos;
        const OptionWords* option = line.dashes ? nullptr : line.command->option(word.substr(0, equals));
        const CommandWords* command = line.dashes ? nullptr : line.command->command(word);
        if (line.awaits_value != nullptr) {
            line.given[line.awaits_value].push_back(word);
            line.awaits_value = nullptr;
        } else if (word == "--" && !line.dashes) {
            line.dashes = true;
        } else if (option != nullptr) {
            auto& values = line.given[option];
            if (equals != word.npos) values.push_back(word.substr(equals + 1));
            if (equals == word.npos && !option->value.empty()) line.awaits_value = option;
        } else if (command != nullptr) {
            line = {.command = command};
        } else {
            line.positionals.push_back(word);
        }
    }
    return line;
}

// Takes what fits to what has been typed.
class Offering {
public:
    Offering(Candidates& result, std::string_view typed) : result_(result), typed_(typed) {}

    void add(const std::string& word, const std::string& help = {}) {
        if (!word.starts_with(typed_)) return;
        const auto same = std::ranges::find(result_.words, before_ + word, &Candidate::word);
        if (same == result_.words.end())
            result_.words.push_back({before_ + word, help});
        else if (same->help.empty())  // a plugin and its algorithm have one name
            same->help = help;
    }
    void add(More more) { result_.more = more; }
    // Of `--option=value` or `a,b` only what follows is offered, behind the rest as it stands.
    void skip(size_t size) {
        before_ += typed_.substr(0, size);
        typed_.remove_prefix(size);
    }
    std::string_view typed() const { return typed_; }

private:
    Candidates& result_;
    std::string_view typed_;
    std::string before_;
};

void offer_plugins(const Line& line, const PluginSource& source, Offering& offering) {
    for (const std::string& name : source.plugins(line.plugins_dirs())) offering.add(name);
    offering.add(More::files);
}

void offer_algorithms(const std::string& plugin, const Line& line, const PluginSource& source, Offering& offering) {
    for (const auto& algorithm : source.algorithms(plugin, line.plugins_dirs()))
        offering.add(algorithm.at("name"), algorithm.at("help"));
}

// The options of the algorithm that the line names, as NAME= or, where it has no arguments, NAME.
void offer_task_options(const Line& line, const PluginSource& source, Offering& offering) {
    const std::string plugin = line.last_of("--plugin"), wanted = line.last_of("--algorithm");
    if (plugin.empty()) return;
    for (const auto& algorithm : source.algorithms(plugin, line.plugins_dirs())) {
        if (!wanted.empty() && algorithm.at("name") != wanted) continue;
        for (const auto& option : algorithm.at("options"))
            offering.add(option.at("name").get<std::string>() + (option.at("types").empty() ? "" : "="),
                         option.at("help"));
    }
}

// By what --help says stands there.
void offer_value(const OptionWords& option, const Line& line, const PluginSource& source, Offering& offering) {
    const std::string& value = option.value;
    if (!option.choices.empty()) {
        if (const size_t last = offering.typed().rfind(option.delimiter); option.delimiter && last != value.npos)
            offering.skip(last + 1);
        for (const std::string& choice : option.choices) offering.add(choice);
    } else if (value == "NAME_OR_PATH") {
        offer_plugins(line, source, offering);
    } else if (value == "PLUGIN_OR_ALGORITHM") {
        offer_plugins(line, source, offering);
        offer_algorithms("", line, source, offering);
    } else if (option.is("--algorithm")) {
        const std::string plugin = line.last_of("--plugin");
        const std::string named = plugin.empty() && !line.positionals.empty() ? line.positionals.front() : plugin;
        if (!named.empty()) offer_algorithms(named, line, source, offering);
    } else if (option.is("--option")) {
        offer_task_options(line, source, offering);
    } else if (value == "FILE" || value == "FILES" || value == "PATH") {
        offering.add(More::files);
    } else if (value == "DIR") {
        offering.add(More::directories);
    } else if (value.starts_with("COMMAND")) {
        offering.add(line.positionals.empty() ? More::commands : More::files);
    }
}

void offer_options(const Line& line, Offering& offering) {
    for (const OptionWords& option : line.command->options) {
        if (line.given.contains(&option) && !option.repeatable) continue;
        for (const std::string& name : option.names)
            if (name.starts_with("--") || option.names.size() == 1) offering.add(name, option.help);
    }
}

void offer_positional(const Line& line, const PluginSource& source, Offering& offering) {
    const std::vector<OptionWords>& positionals = line.command->positionals;
    if (positionals.empty()) return;
    const size_t index = std::min(line.positionals.size(), positionals.size() - 1);
    if (index < line.positionals.size() && !positionals[index].repeatable) return;
    // `udf-host run -- COMMAND`, which has no other name for it.
    if (line.dashes && line.positionals.empty() && positionals[index].value == "FILES" &&
        line.values_of("--plugin") == nullptr)
        return offering.add(More::commands);
    offer_value(positionals[index], line, source, offering);
}

}  // namespace

Candidates complete(const CommandWords& root, const std::vector<std::string>& words, const PluginSource& source) {
    Candidates result;
    const Line line = understand(root, words);
    const std::string typed = words.empty() ? "" : words.back();
    Offering offering(result, typed);
    if (line.awaits_value != nullptr) {
        offer_value(*line.awaits_value, line, source, offering);
        return result;
    }
    if (!line.dashes && typed.starts_with('-')) {
        const size_t equals = typed.find('=');
        const OptionWords* option = equals == typed.npos ? nullptr : line.command->option(typed.substr(0, equals));
        if (option != nullptr) {
            offering.skip(equals + 1);
            offer_value(*option, line, source, offering);
        } else {
            offer_options(line, offering);
        }
        return result;
    }
    if (!line.dashes && line.positionals.empty() && line.given.empty())
        for (const CommandWords& command : line.command->commands) offering.add(command.name, command.summary);
    offer_positional(line, source, offering);
    if (typed.empty() && result.words.empty() && result.more == More::nothing && !line.dashes)
        offer_options(line, offering);
    return result;
}

}  // namespace cli
