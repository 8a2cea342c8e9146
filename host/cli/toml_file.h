// SPDX-License-Identifier: MIT
//
// A configuration file as a list of what it sets, in the words of the command line; what the words may be is
// not known here. The TOML library is seen by toml_file.cpp alone: it takes long to compile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace cli {

// All that is wrong with a file: a line each, as in `FILE:LINE: key 'x': ...`. what() has them all.
struct BadConfig : std::runtime_error {
    explicit BadConfig(std::vector<std::string> all);
    std::vector<std::string> problems;
};

// One `key = value`.
struct Setting {
    enum class Kind : uint8_t { text, number, truth, other };
    enum class Shape : uint8_t { one, list, table };
    struct Value {
        Kind kind;
        std::string word;  // NAME=VALUE where it stands in a table
    };

    std::string algorithm;  // whose section it is in; empty at the top
    std::string key;
    size_t line = 0;
    Shape shape = Shape::one;
    std::vector<Value> values;
};

struct TomlFile {
    std::filesystem::path path;
    std::vector<Setting> settings;                               // in no order
    std::map<std::string, size_t> sections;                      // algorithms, and the lines they begin at
    std::vector<std::pair<size_t, std::string>> problems;        // with their lines
    std::string at(size_t line, const std::string& what) const;  // as a line for people
};

// Throws BadConfig where it is no TOML, and std::system_error where it cannot be read.
TomlFile read_toml(const std::filesystem::path& path);

}  // namespace cli
