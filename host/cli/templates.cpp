// SPDX-License-Identifier: MIT
#include "cli/templates.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace cli {
namespace {

constexpr std::string_view kLanguageDirectory = "@LANG_DIR@";

void replace(std::string& text, std::string_view what, std::string_view with) {
    for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
}

// The path without what says that it is for one edge; nothing where it is for the other.
std::optional<std::string> path_for_edge(std::string_view path, std::string_view edge) {
    for (const std::string_view each : {"stream", "batch"}) {
        if (!path.ends_with(each) || !path.substr(0, path.size() - each.size()).ends_with('.')) continue;
        if (each != edge) return std::nullopt;
        path.remove_suffix(each.size() + 1);
        break;
    }
    return std::string(path);
}

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

bool is_part_of_word(char c) { return is_lower(c) || is_upper(c) || (c >= '0' && c <= '9') || c == '_'; }

bool has_word(std::string_view text, std::string_view word) {
    for (size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
        const size_t end = at + word.size();
        if ((at == 0 || !is_part_of_word(text[at - 1])) && (end == text.size() || !is_part_of_word(text[end])))
            return true;
    }
    return false;
}

}  // namespace

std::vector<std::string> template_languages() {
    std::vector<std::string> languages;
    for (const TemplateFile& file : templates())
        if (languages.empty() || languages.back() != file.language) languages.emplace_back(file.language);
    return languages;
}

// Point, Vec or Self would be something else already.
std::string Project::class_name() const {
    const std::string wanted = cli::class_name(name);
    const auto has_it = [&](const TemplateFile& file) {
        return file.language == language && has_word(file.text, wanted);
    };
    return std::ranges::any_of(templates(), has_it) ? wanted + "Handler" : wanted;
}

std::vector<Project::File> Project::files() const {
    std::vector<File> files;
    for (const TemplateFile& file : templates()) {
        if (file.language != language) continue;
        std::optional<std::string> path = path_for_edge(file.path, edge);
        if (!path) continue;
        replace(*path, "NAME", name);
        std::string text(file.text);
        replace(text, "@GROUPING@", edge == "batch" ? "--group-by host --window 3s" : "--group-by host");
        replace(text, "@CLASS@", class_name());
        replace(text, "@NAME@", name);
        replace(text, kLanguageDirectory, language_directory);
        files.push_back({std::move(*path), std::move(text)});
    }
    return files;
}

bool Project::needs_language_directory() const {
    const auto has_it = [this](const TemplateFile& file) {
        return file.language == language && file.text.find(kLanguageDirectory) != file.text.npos;
    };
    return std::ranges::any_of(templates(), has_it);
}

std::vector<std::string> Project::next_steps() const {
    const std::vector<File> all = files();
    const auto readme = std::ranges::find(all, "README.md", &File::path);
    std::vector<std::string> steps;
    if (readme == all.end()) return steps;
    bool inside = false;
    for (std::string_view rest = readme->text; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        if (inside && line == "```") break;
        if (inside) steps.emplace_back(line);
        inside = inside || line == "```sh";
    }
    return steps;
}

// A word without a small letter may be a macro of C, as FILE and NULL are types or macros: of it only the first letter
// stays large.
std::string class_name(std::string_view name) {
    std::string result;
    while (!name.empty()) {
        const std::string_view word = name.substr(0, name.find('_'));
        name.remove_prefix(std::min(name.size(), word.size() + 1));
        const bool shouts = std::ranges::none_of(word, is_lower);
        for (size_t i = 0; i < word.size(); ++i) result += i == 0 ? upper(word[i]) : shouts ? lower(word[i]) : word[i];
    }
    return !result.empty() && is_upper(result.front()) ? result : "Algorithm" + result;
}

}  // namespace cli
