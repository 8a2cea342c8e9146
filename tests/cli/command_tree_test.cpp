// SPDX-License-Identifier: MIT
#include "cli/command_tree.h"

#include <doctest/doctest.h>

#include "cli/choices.h"

TEST_CASE("the words that CLI::IsMember allows are known, with its description and without") {
    CLI::App app;
    std::string value;
    CHECK(cli::choices_of(*app.add_option("--a", value)->check(CLI::IsMember({"x", "y"}))) ==
          std::vector<std::string>{"x", "y"});
    CHECK(cli::choices_of(*app.add_option("--b", value)->check(CLI::IsMember({"z"}).description(""))) ==
          std::vector<std::string>{"z"});
}

TEST_CASE("suggested words are known and refuse no other") {
    CLI::App app;
    std::string value;
    CLI::Option* option = app.add_option("--a", value)->check(cli::suggests({"ns", "us=1"}));
    CHECK(cli::choices_of(*option) == std::vector<std::string>{"ns", "us=1"});
    app.parse("--a other", false);
    CHECK(value == "other");
}

TEST_CASE("an option that takes any word or any number has no choices") {
    CLI::App app;
    std::string word;
    size_t number = 0;
    CHECK(cli::choices_of(*app.add_option("--a", word)).empty());
    CHECK(cli::choices_of(*app.add_option("--b", number)->check(CLI::Range(1, 5))).empty());
    CHECK(cli::choices_of(*app.add_option("--c", word)->check([](const std::string& text) -> std::string {
              throw std::runtime_error(text);
          })).empty());
}

TEST_CASE("options are described with all that --help says of them") {
    CLI::App app("What it does", "prog");
    std::string file, output = "line";
    std::vector<int> numbers{1, 2};
    bool flag = false;
    app.add_option("-o,--output", output, "How")
        ->type_name("FORMAT")
        ->capture_default_str()
        ->check(CLI::IsMember({"line", "json"}));
    app.add_option("--numbers", numbers)->type_name("N[,N]")->delimiter(',')->capture_default_str()->group("More");
    app.add_flag("--yes,!--no", flag, "Whether");
    app.add_option("FILE", file, "The file")->required();
    const cli::CommandWords words = cli::describe(app);
    CHECK(words.name == "prog");
    CHECK(words.summary == "What it does");
    REQUIRE(words.option("--output") != nullptr);
    const cli::OptionWords& format = *words.option("-o");
    CHECK(format.names == std::vector<std::string>{"-o", "--output"});
    CHECK(format.value == "FORMAT");
    CHECK(format.help == "How");
    CHECK(format.otherwise == "line");
    CHECK(format.group == "Options");
    CHECK(format.choices == std::vector<std::string>{"line", "json"});
    CHECK_FALSE(format.repeatable);
    CHECK(words.option("--numbers")->otherwise == "1,2");
    CHECK(words.option("--numbers")->delimiter == ',');
    CHECK(words.option("--numbers")->group == "More");
    CHECK(words.option("--no")->value.empty());
    REQUIRE(words.positionals.size() == 1);
    CHECK(words.positionals[0].value == "FILE");
    CHECK(words.positionals[0].required);
}

TEST_CASE("what --help hides is not described") {
    CLI::App app;
    std::string value;
    app.add_option("--hidden", value)->group("");
    app.add_subcommand("secret")->group("");
    app.add_subcommand("open");
    const cli::CommandWords words = cli::describe(app);
    CHECK(words.option("--hidden") == nullptr);
    CHECK(words.command("secret") == nullptr);
    CHECK(words.command("open") != nullptr);
}
