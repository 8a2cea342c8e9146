// SPDX-License-Identifier: MIT
#include "cli/toml_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace cli {
namespace {

using Kind = Setting::Kind;
using Shape = Setting::Shape;

std::string contents(const std::filesystem::path& path) {
    std::string text;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
    char piece[4096];
    for (size_t n; file && (n = std::fread(piece, 1, sizeof piece, file.get())) > 0;) text.append(piece, n);
    if (!file || std::ferror(file.get()) != 0)  // a directory can be opened, but not read
        throw std::system_error(errno, std::system_category(), "cannot read the configuration " + path.string());
    return text;
}

Setting::Value value_of(const toml::node& node) {
    if (const auto* text = node.as_string()) return {Kind::text, text->get()};
    if (const auto* number = node.as_floating_point()) return {Kind::number, fmt::format("{}", number->get())};
    if (const auto* truth = node.as_boolean()) return {Kind::truth, truth->get() ? "true" : "false"};
    const auto* number = node.as_integer();
    if (number == nullptr) return {Kind::other, {}};
    // 0o660 is written 0660 where an option takes it.
    const bool octal = number->flags() == toml::value_flags::format_as_octal;
    return {Kind::number, octal ? fmt::format("0{:o}", number->get()) : fmt::format("{}", number->get())};
}

Setting setting(const std::string& algorithm, const toml::key& key, const toml::node& node) {
    Setting setting{
        .algorithm = algorithm, .key = std::string(key.str()), .line = key.source().begin.line, .values = {}};
    if (const toml::array* list = node.as_array()) {
        setting.shape = Shape::list;
        for (const toml::node& each : *list) setting.values.push_back(value_of(each));
    } else if (const toml::table* table = node.as_table()) {
        setting.shape = Shape::table;
        for (const auto& [name, each] : *table) {
            Setting::Value value = value_of(each);
            value.word = fmt::format("{}={}", name.str(), value.word);
            setting.values.push_back(std::move(value));
        }
    } else {
        setting.values.push_back(value_of(node));
    }
    return setting;
}

void read_sections(TomlFile& file, const toml::key& key, const toml::node& node) {
    const toml::table* sections = node.as_table();
    if (sections == nullptr) {
        file.problems.emplace_back(key.source().begin.line,
                                   "key 'algorithm': is no value, but begins a section: [algorithm.NAME]");
        return;
    }
    for (const auto& [name, section] : *sections) {
        const std::string algorithm(name.str());
        const size_t line = name.source().begin.line;
        if (const toml::table* table = section.as_table()) {
            file.sections.emplace(algorithm, line);
            for (const auto& [inner, value] : *table) file.settings.push_back(setting(algorithm, inner, value));
        } else {
            file.problems.emplace_back(
                line, fmt::format("key '{}' in [algorithm]: of which one? Put it into [algorithm.NAME], or at the top "
                                  "of the file for all",
                                  algorithm));
        }
    }
}

}  // namespace

BadConfig::BadConfig(std::vector<std::string> all)
    : std::runtime_error(fmt::format("{}", fmt::join(all, "\n"))), problems(std::move(all)) {}

std::string TomlFile::at(size_t line, const std::string& what) const {
    return fmt::format("{}:{}: {}", path.string(), line, what);
}

TomlFile read_toml(const std::filesystem::path& path) {
    TomlFile file{.path = path, .settings = {}, .sections = {}, .problems = {}};
    const std::string text = contents(path);
    try {
        const toml::table root = toml::parse(std::string_view(text), path.string());
        for (const auto& [key, node] : root) {
            if (key.str() == "algorithm")
                read_sections(file, key, node);
            else
                file.settings.push_back(setting({}, key, node));
        }
    } catch (const toml::parse_error& e) {
        const toml::source_position& where = e.source().begin;
        throw BadConfig({fmt::format("{}:{}:{}: {}", path.string(), where.line, where.column, e.description())});
    }
    return file;
}

}  // namespace cli
