// SPDX-License-Identifier: MIT
#include "cli/man_page.h"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

#include "cli/shell_output.h"
#include "plugin/contains.h"

namespace {

std::string help_of(const std::string& command) { return shell_output(UDF_HOST " " + command + " --help").text; }

// The names that stand in front of the lines of one part of --help: "-h,--help", "run".
std::vector<std::string> names_in(const std::string& help, char first_from, char first_to) {
    std::vector<std::string> names;
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line) && line != "Examples:";)
        if (line.size() > 2 && line.starts_with("  ") && line[2] >= first_from && line[2] <= first_to)
            names.push_back(line.substr(2, line.find(' ', 2) - 2));
    return names;
}

std::string in_roff(const std::string& name) {
    std::string result;
    for (const char c : name) result += c == '-' ? std::string("\\-") : std::string(1, c);
    return result;
}

void check_options(const std::string& command, const std::string& section) {
    const std::vector<std::string> options = names_in(help_of(command), '-', '-');
    REQUIRE(options.size() >= 1);
    for (const std::string& names : options) {
        std::istringstream each(names);
        for (std::string name; std::getline(each, name, ',');) {
            CAPTURE(command);
            name = name.substr(0, name.find('{'));  // CLI11 says --no-universal{false}
            CHECK(section == Contains("\\fB" + in_roff(name) + "\\fR"));
        }
    }
}

}  // namespace

TEST_CASE("the manual has every option and every subcommand that --help has") {
    const std::string page = shell_output(UDF_HOST " man").text;
    const size_t commands_at = page.find(".SH COMMANDS\n");
    REQUIRE(commands_at != page.npos);
    check_options("", page.substr(0, commands_at));

    const std::string help = help_of("");
    const std::vector<std::string> commands = names_in(help.substr(help.find("\nSubcommands:")), 'a', 'z');
    REQUIRE(commands.size() >= 8);
    for (const std::string& command : commands) {
        const size_t begin = page.find(".SS \\fBudf\\-host " + in_roff(command) + "\\fR");
        CAPTURE(command);
        REQUIRE(begin != page.npos);
        check_options(command, page.substr(begin, page.find("\n.S", begin + 1) - begin));
    }
}

TEST_CASE("the manual has its sections in the usual order, and no date") {
    const std::string page = shell_output(UDF_HOST " man").text;
    size_t last = 0;
    for (const char* section : {".TH UDF-HOST 1 \"\" \"udf-host " UDF_HOST_VERSION "\"", ".SH NAME", ".SH SYNOPSIS",
                                ".SH DESCRIPTION", ".SH OPTIONS", ".SH COMMANDS", ".SH EXAMPLES", ".SH FILES",
                                ".SH ENVIRONMENT", ".SH SIGNALS", ".SH EXIT STATUS", ".SH SEE ALSO"}) {
        const size_t at = page.find(section);
        CAPTURE(section);
        REQUIRE(at != page.npos);
        CHECK(at >= last);
        last = at;
    }
}

TEST_CASE("groff formats the manual without a warning") {
    if (shell_output("command -v groff >/dev/null").status != 0) return;
    const ShellOutput said = shell_output(UDF_HOST " man | groff -man -Tutf8 -ww 2>&1 >/dev/null");
    CHECK(said.text == "");
    CHECK(said.status == 0);
}

TEST_CASE("text comes out of groff as it went in") {
    if (shell_output("command -v groff >/dev/null").status != 0) return;
    CLI::App app("Does it.", "prog");
    std::string value;
    app.add_option("--odd", value, ".dots 'quotes' `ticks` \"more\" ^ ~ back\\slash a-b")->type_name("A-B");
    app.footer("\nHeading:\n  .indented 'line'\n\n  after-a-blank\nText behind.");
    const std::string page = cli::man_page(cli::describe(app), "1.2");
    const std::string text =
        shell_output("groff -man -Tascii -P-cbou -rLL=120n -ww 2>&1 <<'END_OF_PAGE'\n" + page + "END_OF_PAGE\n").text;
    CHECK(text == Contains("--odd A-B"));
    CHECK(text == Contains(".dots 'quotes' `ticks` \"more\" ^ ~ back\\slash a-b"));
    CHECK(text == Contains("HEADING\n           .indented 'line'\n\n           after-a-blank\n"));
    CHECK(text == Contains("prog - does it\n"));
}
