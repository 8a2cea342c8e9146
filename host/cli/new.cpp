// SPDX-License-Identifier: MIT
#include "cli/new.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "cli/choices.h"
#include "cli/templates.h"
#include "plugin/table.h"
#include "text/near_name.h"
#include "wire/unique_fd.h"

namespace cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNewHelp = R"(
Makes the folder NAME with a source file, what builds it, data to try it on and a README. It builds as it is: an
algorithm with options, state for each group and snapshots, to be changed into yours. Nothing that exists is
overwritten. What it says at last, on stderr, are the commands to build, run and check it.

Examples:
  udf-host new clamp
  udf-host new clamp --lang rust --edge batch --dir ~/algorithms
)";

struct NewOptions {
    std::string name, language = "cpp", edge = "stream", directory;
};

// As CLI::IsMember, and names the nearest.
CLI::Validator is_one_of(const std::vector<std::string>& words) {
    return {[words](const std::string& word) {
                if (std::find(words.begin(), words.end(), word) != words.end()) return std::string();
                return fmt::format("there is no '{}' but {}{}", word, fmt::join(words, ", "),
                                   text::did_you_mean(word, {words.begin(), words.end()}));
            },
            ""};
}

std::string check_name(const std::string& name) {
    if (plugin::is_tickscript_name(name)) return {};
    return fmt::format("TICKscript cannot use '{}': {}", name, plugin::kTickscriptNames);
}

// Where the package that a language needs is installed.
fs::path language_directory(const std::string& language) {
    std::error_code error;
    const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
    return (here / UDF_HOST_LANGUAGES_FROM_BIN / language).lexically_normal();
}

std::string problem(std::string_view what, const fs::path& where) {
    return fmt::format("cannot {} {}: {}", what, where.string(), std::system_category().message(errno));
}

// A folder that was not there before. Unless it is kept, it goes again with all in it.
class NewFolder {
public:
    explicit NewFolder(fs::path path) : path_(std::move(path)) {
        if (::mkdir(path_.c_str(), 0777) == 0) return;
        if (errno == EEXIST)
            throw std::runtime_error(
                fmt::format("{} exists already, and is left as it is; take another name, or --dir", path_.string()));
        throw std::runtime_error(problem("make", path_));
    }
    NewFolder(const NewFolder&) = delete;
    NewFolder& operator=(const NewFolder&) = delete;
    ~NewFolder() {
        std::error_code ignored;
        if (!kept_) fs::remove_all(path_, ignored);
    }

    void write(const std::string& name, std::string_view text) const {
        const fs::path file = path_ / name;
        fs::create_directories(file.parent_path());
        wire::unique_fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
        while (fd.get() >= 0 && !text.empty()) {
            const ssize_t n = ::write(fd.get(), text.data(), text.size());
            if (n < 0) break;
            text.remove_prefix(static_cast<size_t>(n));
        }
        if (!text.empty()) throw std::runtime_error(problem("write", file));
    }
    void keep() noexcept { kept_ = true; }

private:
    const fs::path path_;
    bool kept_ = false;
};

// What the shell takes for `word`.
std::string shell_word(const std::string& word) {
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=:,./@%";
    if (word.find_first_not_of(plain) == word.npos) return word.starts_with('-') ? "./" + word : word;
    std::string result = "'";
    for (const char c : word) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return result + "'";
}

void run(const NewOptions& options) {
    Project project{options.name, options.language, options.edge, {}};
    if (project.needs_language_directory()) {
        const fs::path directory = language_directory(options.language);
        if (!fs::is_directory(directory))
            throw std::runtime_error(fmt::format(
                "{} is not there, which plugins in {} are built with: install udf-host (cmake --install), and "
                "run the udf-host that is installed",
                directory.string(), options.language));
        project.language_directory = directory;
    }
    const fs::path path = fs::path(options.directory) / options.name;
    NewFolder folder(path);
    for (const Project::File& file : project.files()) folder.write(file.path, file.text);
    folder.keep();
    fmt::print(stderr, "cd {}\n{}\n", shell_word(path), fmt::join(project.next_steps(), "\n"));
}

}  // namespace

void add_new(CLI::App& app) {
    const auto options = std::make_shared<NewOptions>();
    CLI::App& command = *app.add_subcommand("new", "Make a plugin to start from");
    command.footer(kNewHelp);
    command.add_option("name", options->name, "Of the folder and of the algorithm, as in a TICKscript")
        ->required()
        ->type_name("NAME")
        ->check(CLI::Validator(check_name, ""));
    const std::vector<std::string> languages = template_languages();
    command.add_option("--lang", options->language, fmt::format("The language: {}", fmt::join(languages, ", ")))
        ->type_name("LANGUAGE")
        ->check(suggests(languages))
        ->check(is_one_of(languages))
        ->capture_default_str();
    command.add_option("--edge", options->edge, "What it takes: a stream of points, or batches of them")
        ->type_name("stream|batch")
        ->check(suggests({"stream", "batch"}))
        ->check(is_one_of({"stream", "batch"}))
        ->capture_default_str();
    command.add_option("--dir", options->directory, "Make the folder there, instead of here")->type_name("DIR");
    command.callback([options] { run(*options); });
}

}  // namespace cli
