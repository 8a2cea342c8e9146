// SPDX-License-Identifier: MIT
//
// Options by name with the words that were said for them: what a file and a command line are both turned into,
// laid over each other, and parsed by the options of a command as if they had been given on its command line.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/toml_file.h"

namespace cli {

// By the long name without its dashes. An option without words counts as not given, and hides what it is laid over.
using Words = std::map<std::string, std::vector<std::string>>;

// What was given to a parsed command.
Words given_words(const CLI::App& parsed);
void lay_over(Words& words, const Words& others);
std::vector<std::string> command_line(const Words& words);
void parse(CLI::App& app, const Words& words);

// Adds the options of a command to an app; what it returns must live as long as that.
using AddOptions = std::function<std::shared_ptr<void>(CLI::App&)>;

// The options of a command that a file may set.
class Vocabulary {
public:
    explicit Vocabulary(AddOptions add);

    bool has(const std::string& key) const { return find(key) != nullptr; }
    std::vector<std::string> names() const;
    bool in_group(const std::string& key, const std::string& group) const;
    Words known(const Words& words) const;  // those of them that it has

    // Adds what the setting says to `words`, or says what is wrong with it, for people; empty where nothing is. It is
    // a setting that this vocabulary has. Relative paths are meant from `base`.
    std::string take(const Setting& setting, const std::filesystem::path& base, Words& words) const;

private:
    const CLI::Option* find(const std::string& key) const;

    AddOptions add_;
    std::unique_ptr<CLI::App> app_ = std::make_unique<CLI::App>();
    std::shared_ptr<void> options_;
};

// The end of the message about a key that nobody has.
std::string unknown_key(const std::string& key, const std::vector<const Vocabulary*>& all);

}  // namespace cli
