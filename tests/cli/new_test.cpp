// SPDX-License-Identifier: MIT
#include "cli/new.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "cli/run_command.h"
#include "cli/templates.h"
#include "plugin/contains.h"
#include "plugin/temporary_directory.h"

namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

// What it says.
std::string make(const fs::path& directory, const std::string& name, Strings words = {}) {
    words.insert(words.begin(), {"new", name, "--dir", directory});
    return run_command(cli::add_new, words, STDERR_FILENO);
}

// Why it was refused as a wrong command line; the folder is not there then.
std::string usage_problem_of(const std::string& name, const Strings& words = {}) {
    const TemporaryDirectory directory;
    try {
        make(directory.path(), name, words);
        return {};
    } catch (const CLI::ValidationError& e) {
        CHECK(fs::is_empty(directory.path()));
        return e.what();
    }
}

// Why it failed.
std::string failure(const fs::path& directory, const std::string& name, const Strings& words = {}) {
    try {
        make(directory, name, words);
        return {};
    } catch (const std::runtime_error& e) {
        return e.what();
    }
}

std::set<std::string> names_in(const fs::path& directory) {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory)) names.insert(entry.path().filename());
    return names;
}

std::string text_of(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

// Files cannot grow as long as it lives.
class FullDisk {
public:
    FullDisk() {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit none{0, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &none);
    }
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

private:
    void (*handler_)(int) = std::signal(SIGXFSZ, SIG_IGN);
    rlimit before_{};
};

}  // namespace

TEST_CASE("new makes a folder of one source, what builds it, data and a README") {
    const TemporaryDirectory directory;
    make(directory.path(), "clamp");
    CHECK(names_in(directory / "clamp") ==
          std::set<std::string>{".gitignore", "CMakeLists.txt", "README.md", "clamp.cpp", "test.lp"});
}

TEST_CASE("new writes the name and the class of the algorithm, and no placeholder is left") {
    const TemporaryDirectory directory;
    for (const std::string edge : {"stream", "batch"}) {
        make(directory.path(), "rolling_" + edge, {"--edge", edge});
        const fs::path folder = directory / ("rolling_" + edge);
        const std::string source = text_of(folder / ("rolling_" + edge + ".cpp"));
        CHECK(source == Contains(".name = \"rolling_" + edge + '"'));
        CHECK(source == Contains("class Rolling" + std::string(edge == "batch" ? "Batch" : "Stream") + " {"));
        CHECK(source == Contains(edge == "batch" ? ".wants = UDF_BATCH" : ".wants = UDF_STREAM"));
        for (const std::string& name : names_in(folder))
            for (const char* placeholder : {"@NAME@", "@CLASS@", "@LANG_DIR@", "@GROUPING@"})
                CHECK(text_of(folder / name).find(placeholder) == std::string::npos);
    }
}

TEST_CASE("every language has the files of both edges, and a README that says what to do next") {
    for (const std::string& language : cli::template_languages())
        for (const char* edge : {"stream", "batch"}) {
            CAPTURE(language);
            CAPTURE(edge);
            const cli::Project project{"clamp", language, edge, "/wrapper"};
            std::set<std::string> paths;
            for (const cli::Project::File& file : project.files()) {
                CHECK(file.text.find("@NAME@") == std::string::npos);
                CHECK(file.path.find("NAME") == std::string::npos);
                CHECK(paths.insert(file.path).second);
            }
            CHECK(paths.contains("test.lp"));
            REQUIRE(paths.contains("README.md"));
            const Strings steps = project.next_steps();
            REQUIRE(steps.size() >= 3);
            CHECK(steps[steps.size() - 2] == Contains("udf-host run --plugin "));
            CHECK(steps[steps.size() - 2] == Contains(" --option field=usage --group-by host"));
            CHECK(steps.back() == Contains("udf-host check "));
        }
}

TEST_CASE("new says the commands that come next, to be pasted where it was called") {
    const TemporaryDirectory directory;
    fs::create_directory(directory / "it's here");
    const std::string printed = make(directory / "it's here", "clamp", {"--edge", "batch"});
    CHECK(printed.starts_with("cd '" + directory.path().string() + "/it'\\''s here/clamp'\n"));
    CHECK(printed == Contains("\ncmake -B build && cmake --build build\n"
                              "udf-host run --plugin build/clamp.so --option field=usage --group-by host --window 3s "
                              "test.lp\nudf-host check build/clamp.so --option field=usage\n"));
}

TEST_CASE("new takes the names that a TICKscript can use, and no others") {
    for (const char* name : {"clamp2", "_private", "a", "new", "test"}) CHECK(usage_problem_of(name) == "");
    for (const char* name : {"2clamp", "my-clamp", "../clamp", "a b", "", "caf\xc3\xa9", "var", "TRUE", "dbrp"})
        CHECK(usage_problem_of(name) ==
              Contains("take letters, digits and _, not a digit first, and no word of the language"));
}

TEST_CASE("new names the nearest of a language or an edge that does not exist") {
    CHECK(usage_problem_of("clamp", {"--lang", "ccp"}) == Contains("did you mean 'cpp'?"));
    CHECK(usage_problem_of("clamp", {"--edge", "batches"}) == Contains("did you mean 'batch'?"));
    CHECK(usage_problem_of("clamp", {"--lang", "cobol"}) == Contains("there is no 'cobol' but c, cpp"));
}

TEST_CASE("new leaves what exists as it is") {
    const TemporaryDirectory directory;
    fs::create_directory(directory / "empty");
    std::ofstream(directory / "file") << "mine";
    for (const char* name : {"empty", "file"}) {
        CHECK(failure(directory.path(), name) == Contains("exists already"));
        CHECK(fs::exists(directory / name));
    }
    CHECK(fs::is_empty(directory / "empty"));
    CHECK(text_of(directory / "file") == "mine");
}

TEST_CASE("new says where it cannot make the folder") {
    CHECK(failure("/nowhere", "clamp") == Contains("cannot make /nowhere/clamp: No such file"));
}

TEST_CASE("new leaves nothing behind where it cannot write") {
    const TemporaryDirectory directory;
    std::string why;
    {
        const FullDisk disk;
        why = failure(directory.path(), "clamp");
    }
    CHECK(why == Contains("cannot write "));
    CHECK(why == Contains("File too large"));
    CHECK(fs::is_empty(directory.path()));
}

TEST_CASE("new says what to install where a language needs more than udf-host") {
    const TemporaryDirectory directory;
    for (const std::string& language : cli::template_languages()) {
        if (!cli::Project{"clamp", language, "stream", {}}.needs_language_directory()) continue;
        CHECK(failure(directory.path(), "clamp", {"--lang", language}) ==
              Contains("share/udf-plugin/" + language + " is not there"));
        CHECK(fs::is_empty(directory.path()));
    }
}

TEST_CASE("a class has the name of the algorithm in CamelCase, and never one that C has") {
    CHECK(cli::class_name("clamp") == "Clamp");
    CHECK(cli::class_name("moving_avg2") == "MovingAvg2");
    CHECK(cli::class_name("movingAvg") == "MovingAvg");
    CHECK(cli::class_name("_x__y_") == "XY");
    CHECK(cli::class_name("FILE") == "File");
    CHECK(cli::class_name("MAX_p99") == "MaxP99");
    CHECK(cli::class_name("__") == "Algorithm");
    CHECK(cli::class_name("_9") == "Algorithm9");
}

TEST_CASE("a class is not called like something that the source has already") {
    CHECK(cli::Project{"clamp", "cpp", "stream", {}}.class_name() == "Clamp");
    CHECK(cli::Project{"point", "cpp", "stream", {}}.class_name() == "PointHandler");
    CHECK(cli::Project{"poin", "cpp", "stream", {}}.class_name() == "Poin");
}
