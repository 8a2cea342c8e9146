// SPDX-License-Identifier: MIT
#include "cli/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

namespace cli {
namespace {

// Keys that only `udf-host --plugin` reads.
constexpr std::array<std::string_view, 4> kOfOnePlugin{"defer-load-errors", "isolation", "listen", "socket"};

bool is_of_one_plugin(const std::string& key) {
    return std::find(kOfOnePlugin.begin(), kOfOnePlugin.end(), key) != kOfOnePlugin.end();
}

template <class Options>
AddOptions adds(void (*add)(CLI::App&, Options&)) {
    return [add](CLI::App& app) {
        auto options = std::make_shared<Options>();
        add(app, *options);
        return options;
    };
}

// Whose key it is decides where it may stand.
struct Vocabularies {
    Vocabulary of_server{adds(add_serve_options)};
    Vocabulary of_algorithm{adds(add_algorithm_options)};
    Vocabulary of_worker{adds(add_limits)};
};

// What is wrong with a key where it stands; empty where it is well there.
std::string misplaced(const Setting& setting, const Vocabularies& all) {
    const bool of_server = all.of_server.has(setting.key), of_algorithm = all.of_algorithm.has(setting.key);
    if (!setting.algorithm.empty() && of_algorithm) return {};
    if (setting.algorithm.empty() && of_server) return {};
    if (of_server || is_of_one_plugin(setting.key))
        return "does not go by algorithm: it belongs at the top of the file, above all sections";
    if (of_algorithm) return "goes by algorithm: it belongs into a section [algorithm.NAME]";
    return unknown_key(setting.key, {&all.of_server, &all.of_algorithm});
}

struct Read {
    Words top;
    std::map<std::string, Words> sections;
    std::vector<std::string> notes;
};

// Goes through all settings, and throws what is wrong with them in the order of the lines. `own`, where there is one,
// says which keys of the top are of interest beside the server's, and `only` whose section is.
Read read_file(const std::filesystem::path& path, const Vocabulary* own = nullptr, const std::string& only = {}) {
    const Vocabularies all;
    TomlFile file = read_toml(path);
    Read read;
    const auto complain = [&file](const Setting& setting, const std::string& what) {
        const std::string section =
            setting.algorithm.empty() ? "" : fmt::format(" in [algorithm.{}]", setting.algorithm);
        file.problems.emplace_back(setting.line, fmt::format("key '{}'{}: {}", setting.key, section, what));
    };
    for (const auto& [algorithm, line] : file.sections) read.sections.emplace(algorithm, Words());
    for (const Setting& setting : file.settings) {
        const bool top = setting.algorithm.empty();
        if (own != nullptr && !top && setting.algorithm != only) continue;
        if (top && is_of_one_plugin(setting.key) && own == nullptr) {
            read.notes.push_back(
                file.at(setting.line, fmt::format("key '{}': only udf-host --plugin reads it", setting.key)));
            continue;
        }
        if (!(top && own != nullptr && own->has(setting.key))) {
            if (const std::string problem = misplaced(setting, all); !problem.empty()) {
                complain(setting, problem);
                continue;
            }
        }
        const Vocabulary& vocabulary = own != nullptr ? *own : top ? all.of_server : all.of_algorithm;
        if (!vocabulary.has(setting.key)) continue;
        Words& words = top ? read.top : read.sections[setting.algorithm];
        const std::string problem = vocabulary.take(setting, path.parent_path(), words);
        if (!problem.empty()) complain(setting, problem);
    }
    if (file.problems.empty()) return read;
    std::stable_sort(file.problems.begin(), file.problems.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::string> problems;
    for (const auto& [line, what] : file.problems) problems.push_back(file.at(line, what));
    throw BadConfig(std::move(problems));
}

}  // namespace

ServeConfig::ServeConfig(const Words& given, const std::filesystem::path& file) {
    const Vocabularies all;
    Read read;
    if (!file.empty()) read = read_file(file);
    notes_ = std::move(read.notes);

    Words common = read.top;
    lay_over(common, given);
    CLI::App server;
    add_serve_options(server, common_);
    parse(server, common);

    const auto merged = [&](const Words& section) {
        Words words = all.of_algorithm.known(read.top);
        lay_over(words, section);
        lay_over(words, all.of_algorithm.known(given));
        CLI::App app;
        AlgorithmOptions options;
        add_algorithm_options(app, options);
        parse(app, words);
        options.serving.stop_timeout = common_.serving.stop_timeout;
        Words of_worker = all.of_worker.known(words);
        for (const char* key : {"log-level", "log-format"})
            if (const auto said = common.find(key); said != common.end()) of_worker.insert(*said);
        return ForAlgorithm{.serving = std::move(options.serving),
                            .upgrade = options.upgrade,
                            .enabled = options.enabled,
                            .worker_words = command_line(of_worker)};
    };
    others_ = merged({});
    for (const auto& [algorithm, section] : read.sections) sections_.emplace(algorithm, merged(section));
}

ServeConfig ServeConfig::read(const CLI::App& given) {
    Words words = given_words(given);
    if (const CLI::App* main = given.get_parent(); main != nullptr)
        for (auto& [key, values] : given_words(*main))
            if (key == "log-level" || key == "log-format") words.emplace(key, values);
    ServeConfig config(words, given.count("--config") == 0 ? "" : given.get_option("--config")->results().front());
    if (config.common_.socket_dir.empty())
        throw CLI::RequiredError("--socket-dir DIR, or socket-dir in the file of --config,");
    return config;
}

ServeConfig ServeConfig::check(const std::filesystem::path& file) { return {Words(), file}; }

const ServeConfig::ForAlgorithm& ServeConfig::of(const std::string& algorithm) const {
    const auto found = sections_.find(algorithm);
    return found == sections_.end() ? others_ : found->second;
}

std::vector<std::string> ServeConfig::named() const {
    std::vector<std::string> names;
    for (const auto& [name, section] : sections_) names.push_back(name);
    return names;
}

Words config_words(const std::filesystem::path& file, const std::string& algorithm, const Vocabulary& own) {
    Read read = read_file(file, &own, algorithm);
    Words words = std::move(read.top);
    lay_over(words, read.sections[algorithm]);
    return words;
}

}  // namespace cli
