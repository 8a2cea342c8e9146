// SPDX-License-Identifier: MIT
//
// The TICKscripts that are given to operators use algorithms as these are: options by their names, with the types that
// they take, none left out that has to be there.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "kapacitor/tickscript.h"
#include "system/udf_process.h"

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

const json& algorithms() {
    static const json listed = json::parse(run_udf_host({"list", "--json", "--plugins-dir", PLUGINS_DIR}).output);
    return listed.at("algorithms");
}

const json* algorithm(const std::string& name) {
    for (const json& candidate : algorithms())
        if (candidate.at("name") == name) return &candidate;
    return nullptr;
}

std::string text_of(const fs::path& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

// The types of an option's values, as the universal function takes them: by the name of the call.
const std::map<std::string, std::string> kUniversalTypes = {
    {"text", "string"}, {"integer", "int"}, {"number", "double"}, {"flag", "bool"}, {"duration", "duration"}};

// What a use of the universal function means: the algorithm, with its options as if they were called by their names.
UsedFunction meant(const UsedFunction& universal) {
    UsedFunction result{"", universal.on_batches, {}};
    for (const UsedOption& option : universal.options) {
        if (option.name == "algorithm") {
            result.name = option.values.at(0);
            continue;
        }
        const auto type = kUniversalTypes.find(option.name);
        REQUIRE(type != kUniversalTypes.end());
        REQUIRE(option.types == std::vector<std::string>{"string", type->second});
        result.options.push_back({option.values[0], {option.types[1]}, {option.values[1]}});
    }
    return result;
}

// What is wrong with the use of an algorithm; empty where nothing is.
std::string problem_of(const UsedFunction& used) {
    const json* known = algorithm(used.name);
    if (!known) return "there is no algorithm " + used.name;
    if (used.on_batches != (known->at("wants") == "batch")) return used.name + " takes the other edge";
    std::set<std::string> given;
    for (const UsedOption& option : used.options) {
        const json& options = known->at("options");
        const auto has_its_name = [&](const json& candidate) { return candidate.at("name") == option.name; };
        const auto declared = std::find_if(options.begin(), options.end(), has_its_name);
        if (declared == options.end()) return used.name + " has no option " + option.name;
        if (option.types != declared->at("types")) return used.name + " takes other values for " + option.name;
        if (!given.insert(option.name).second && !declared->at("repeatable"))
            return used.name + " takes " + option.name + " once";
    }
    for (const json& option : known->at("options"))
        if (option.at("required") && !given.contains(option.at("name")))
            return used.name + " requires " + option.at("name").get<std::string>();
    return {};
}

std::string problem_of(const std::string& script) {
    for (const UsedFunction& used : TickscriptReader(script).functions())
        if (const std::string problem = problem_of(used.name.starts_with("native") ? meant(used) : used);
            !problem.empty())
            return problem;
    return {};
}

std::vector<fs::path> scripts_in(const fs::path& directory) {
    std::vector<fs::path> result;
    for (const auto& entry : fs::directory_iterator(directory))
        if (entry.path().extension() == ".tick") result.push_back(entry.path());
    return result;
}

}  // namespace

TEST_CASE("every TICKscript uses algorithms as they are") {
    for (const char* directory : {SNIPPETS "/tasks", REFERENCE_PLUGINS})
        for (const fs::path& file : scripts_in(directory)) {
            CAPTURE(file);
            const std::string script = text_of(file);
            CHECK(!TickscriptReader(script).functions().empty());
            CHECK(problem_of(script) == "");
        }
}

TEST_CASE("there is a task for every algorithm and for the universal function, which says what it is for") {
    std::set<std::string> wanted{"native"};
    for (const json& known : algorithms()) wanted.insert(known.at("name"));
    CHECK(wanted.size() == 7);
    for (const std::string& name : wanted) {
        CAPTURE(name);
        const std::string script = text_of(fs::path(SNIPPETS "/tasks") / (name + ".tick"));
        CHECK(script.starts_with("// "));
        const std::vector<UsedFunction> used = TickscriptReader(script).functions();
        CHECK(std::any_of(used.begin(), used.end(), [&](const UsedFunction& one) { return one.name == name; }));
    }
}

TEST_CASE("a TICKscript with a mistake is found out") {
    const std::string from = "stream|from().measurement('cpu')";
    CHECK(problem_of(from + "@moving_avg().field('a').size(10)") == "");
    CHECK(problem_of(from + "@moving_avg() // .size(10)\n.field('a')") == "moving_avg requires size");
    CHECK(problem_of(from + "@moving_avg().field('a').size(1.0)") == "moving_avg takes other values for size");
    CHECK(problem_of(from + "@moving_avg().field('a').size(1).width(3)") == "moving_avg has no option width");
    CHECK(problem_of(from + "@moving_avg().field('a').size(1).size(2)") == "moving_avg takes size once");
    CHECK(problem_of(from + "@set_field().field('limit')") == "set_field takes other values for field");
    CHECK(problem_of(from + "@outliers().field('a')") == "outliers takes the other edge");
    CHECK(problem_of(from + "|window().period(1m)@mirror()") == "mirror takes the other edge");
    CHECK(problem_of(from + "@mean_of()") == "there is no algorithm mean_of");
    CHECK(problem_of(from + "@native().algorithm('moving_avg').text('field', 'a')") == "moving_avg requires size");
}
