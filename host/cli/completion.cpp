// SPDX-License-Identifier: MIT
#include "cli/completion.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/command_tree.h"
#include "cli/complete.h"
#include "cli/probe.h"
#include "cli/survey.h"
#include "plugin/path.h"

namespace cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr std::chrono::milliseconds kPatience{1000};  // of who has pressed TAB

// bash ends words at = and : too, and takes back only what is behind the last of them.
constexpr const char* kBash = R"sh(# bash completion of udf-host; in ~/.bashrc: source <(udf-host completion bash)
_udf_host() {
    local i piece line word before joined=0 words=() lines=() files=()
    for ((i = 1; i <= COMP_CWORD; i++)); do
        piece=${COMP_WORDS[i]}
        if ((i > 1)) && [[ $joined = 1 || $piece == [=:]* ]]; then words[-1]+=$piece; else words+=("$piece"); fi
        if [[ $piece == *[=:] ]]; then joined=1; else joined=0; fi
    done
    word=${words[-1]} before=${words[-1]%"${words[-1]##*[=:]}"} COMPREPLY=()
    mapfile -t lines < <("${1:-udf-host}" complete -- "${words[@]}" 2>/dev/null)
    for line in "${lines[@]:1}"; do
        line=${line%%$'\t'*}
        COMPREPLY+=("${line#"$before"}")
        [[ $line != *= ]] || compopt -o nospace 2>/dev/null
    done
    case ${lines[0]-} in
        files) mapfile -t files < <(compgen -f -- "${word#"$before"}") ;;
        directories) mapfile -t files < <(compgen -d -- "${word#"$before"}") ;;
        commands) mapfile -t files < <(compgen -c -- "$word") ;;
    esac
    [[ ${lines[0]-} != @(files|directories) ]] || compopt -o filenames 2>/dev/null
    COMPREPLY+=("${files[@]}")
}
complete -F _udf_host udf-host
)sh";

constexpr const char* kZsh = R"sh(#compdef udf-host
# zsh completion of udf-host; in ~/.zshrc, behind compinit: source <(udf-host completion zsh)
_udf_host() {
    local line word more
    local -a lines names shown open
    lines=("${(@f)$($~words[1] complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    more=$lines[1]
    compset -P '*='
    for line in "${(@)lines[2,-1]}"; do
        word=${${line%%$'\t'*}#$IPREFIX}
        if [[ $word == *= ]]; then open+=("$word"); continue; fi
        names+=("$word")
        shown+=("$word${${line#*$'\t'}:+  -- ${line#*$'\t'}}")
    done
    compadd -S '' -a open
    compadd -l -d shown -a names
    case $more in
        files) _files ;;
        directories) _files -/ ;;
        commands) _command_names -e ;;
    esac
}
if [[ $funcstack[1] = _udf_host ]]; then _udf_host "$@"; else compdef _udf_host udf-host; fi
)sh";

constexpr const char* kFish = R"sh(# fish completion of udf-host; in config.fish: udf-host completion fish | source
function __udf_host_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l lines (command $words[1] complete -- $words[2..-1] "$typed" 2>/dev/null)
    set -l value (string replace -r '^--[^=]*=' '' -- "$typed")
    set -l before (string replace -r '^(--[^=]*=)?.*' '$1' -- "$typed")
    printf '%s\n' $lines[2..-1]
    switch "$lines[1]"
        case files
            printf "$before%s\n" (__fish_complete_path "$value")
        case directories
            printf "$before%s\n" (__fish_complete_directories "$value" '')
        case commands
            __fish_complete_command
    end
end
complete -c udf-host -f -a '(__udf_host_complete)'
)sh";

std::string expanded(const std::string& path) {  // as the shell would have done
    const char* const home = std::getenv("HOME");
    return path.starts_with("~/") && home != nullptr ? home + path.substr(1) : path;
}

plugin::SearchPath path_of(const PluginSource::Directories& directories) {
    if (directories.empty()) return plugin::search_path({});
    plugin::SearchPath path;
    for (const std::string& directory : directories) path.emplace_back(expanded(directory));
    return path;
}

std::vector<std::string> plugins_in(const PluginSource::Directories& directories) try {
    std::vector<std::string> names;
    for (const fs::path& file : plugin::list(path_of(directories))) names.push_back(file.stem());
    return names;
} catch (const std::exception&) {  // nothing can be said in the middle of a command line
    return {};
}

ordered_json algorithms_of(const std::string& name, const PluginSource::Directories& directories) try {
    const plugin::SearchPath path = path_of(directories);
    if (!name.empty()) return probe(plugin::find(expanded(name), path), kPatience).algorithms;
    ordered_json all = ordered_json::array();
    for (const Survey::Answer& answer : survey(plugin::list(path), kPatience, {}))
        for (const auto& algorithm : answer.probe.algorithms) all.push_back(algorithm);
    return all;
} catch (const std::exception&) {
    return ordered_json::array();
}

const char* name_of(Candidates::More more) {
    switch (more) {
        case Candidates::More::files:
            return "files";
        case Candidates::More::directories:
            return "directories";
        case Candidates::More::commands:
            return "commands";
        case Candidates::More::nothing:
            break;
    }
    return "nothing";
}

}  // namespace

void add_completion(CLI::App& app) {
    const auto shell = std::make_shared<std::string>();
    CLI::App* completion = app.add_subcommand("completion", "Print what makes a shell complete the words of udf-host");
    const std::map<std::string, const char*> scripts{{"bash", kBash}, {"zsh", kZsh}, {"fish", kFish}};
    completion->add_option("shell", *shell, "bash, zsh or fish")
        ->required()
        ->type_name("SHELL")
        ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""));
    completion->footer(
        "\nAn installed udf-host has brought it along; for one that is not installed:\n"
        "  source <(udf-host completion bash)      in ~/.bashrc\n"
        "  source <(udf-host completion zsh)       in ~/.zshrc, behind compinit\n"
        "  udf-host completion fish | source       in ~/.config/fish/config.fish");
    completion->callback([shell, scripts] { fmt::print("{}", scripts.at(*shell)); });

    const auto words = std::make_shared<std::vector<std::string>>();
    CLI::App* asked = app.add_subcommand("complete", "Print what may stand where the cursor is")->group("");
    asked->add_option("words", *words, "The words behind udf-host, up to the cursor");
    asked->callback([&app, words] {
        const Candidates found = complete(describe(app), *words, {plugins_in, algorithms_of});
        fmt::print("{}\n", name_of(found.more));
        for (const Candidate& candidate : found.words) fmt::print("{}\t{}\n", candidate.word, candidate.help);
    });
}

}  // namespace cli
