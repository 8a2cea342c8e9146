// SPDX-License-Identifier: MIT
#include "cli/catalogue.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using cli::Asked;
using cli::catalogue;

namespace {

Asked asked_plugin(const std::string& file, const std::vector<std::string>& names) {
    Asked asked{file, {}};
    for (const std::string& name : names) asked.probe.algorithms.push_back({{"name", name}, {"help", "of " + file}});
    return asked;
}

Asked broken(const std::string& file) { return {file, {.problem = "refused " + file + ": is not an ELF file"}}; }

// "algorithm=file", by name.
std::vector<std::string> offers(const cli::Catalogue& catalogue) {
    std::vector<std::string> result;
    for (const auto& [name, offer] : catalogue.algorithms) result.push_back(name + "=" + offer.file.string());
    return result;
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("every algorithm of every plugin is offered with its file and description") {
    const auto found = catalogue({asked_plugin("/p/a.so", {"tally", "gather"}), asked_plugin("/p/b.so", {"drop"})});
    CHECK(offers(found) == Strings{"drop=/p/b.so", "gather=/p/a.so", "tally=/p/a.so"});
    CHECK(found.algorithms.at("drop").description["help"] == "of /p/b.so");
    CHECK(found.algorithms.at("drop").is_only_one);
    CHECK_FALSE(found.algorithms.at("tally").is_only_one);
    CHECK(found.refused.empty());
}

TEST_CASE("nothing offers nothing") {
    CHECK(catalogue({}).algorithms.empty());
    CHECK(catalogue({}).refused.empty());
}

TEST_CASE("the first of a name has it and the others are refused with both files") {
    const auto found = catalogue({asked_plugin("/p/a.so", {"drop"}), asked_plugin("/p/b.so", {"drop", "tally"}),
                                  asked_plugin("/p/c.so", {"drop"})});
    CHECK(offers(found) == Strings{"drop=/p/a.so", "tally=/p/b.so"});
    REQUIRE(found.refused.size() == 2);
    CHECK(found.refused[0].file == "/p/b.so");
    CHECK(found.refused[0].algorithm == "drop");
    CHECK(found.refused[0].reason ==
          "refused algorithm drop of /p/b.so: /p/a.so has one of that name and comes first; remove one of them");
    CHECK(found.refused[1].file == "/p/c.so");
}

TEST_CASE("an algorithm of a plugin that lost another must still be named") {
    const auto found = catalogue({asked_plugin("/p/a.so", {"drop"}), asked_plugin("/p/b.so", {"drop", "tally"})});
    CHECK_FALSE(found.algorithms.at("tally").is_only_one);
}

TEST_CASE("whether a file has an algorithm is told") {
    const auto found = catalogue({asked_plugin("/p/a.so", {"drop"}), asked_plugin("/p/b.so", {"drop"})});
    CHECK(found.has("drop", "/p/a.so"));
    CHECK_FALSE(found.has("drop", "/p/b.so"));
    CHECK_FALSE(found.has("tally", "/p/a.so"));
}

TEST_CASE("an incumbent keeps its name from a file that comes first") {
    const auto found = catalogue(
        {asked_plugin("/p/a.so", {"drop"}), asked_plugin("/p/b.so", {"drop"}), asked_plugin("/p/c.so", {"drop"})},
        {{"drop", "/p/b.so"}});
    CHECK(offers(found) == Strings{"drop=/p/b.so"});
    REQUIRE(found.refused.size() == 2);
    CHECK(found.refused[0].reason ==
          "refused algorithm drop of /p/a.so: /p/b.so has one of that name and was there before; remove one of them");
    CHECK(found.refused[1].file == "/p/c.so");
}

TEST_CASE("an incumbent that does not offer the algorithm any more loses it to the first that does") {
    const std::vector<Asked> files{asked_plugin("/p/b.so", {"tally"}), asked_plugin("/p/c.so", {"drop"}),
                                   asked_plugin("/p/d.so", {"drop"})};
    CHECK(offers(catalogue(files, {{"drop", "/p/b.so"}})) == Strings{"drop=/p/c.so", "tally=/p/b.so"});
    CHECK(offers(catalogue(files, {{"drop", "/p/gone.so"}})) == Strings{"drop=/p/c.so", "tally=/p/b.so"});
}

TEST_CASE("a broken file is refused with its problem and takes no name") {
    const auto found = catalogue({broken("/p/a.so"), asked_plugin("/p/b.so", {"drop"})}, {{"drop", "/p/a.so"}});
    CHECK(offers(found) == Strings{"drop=/p/b.so"});
    REQUIRE(found.refused.size() == 1);
    CHECK(found.refused[0].file == "/p/a.so");
    CHECK(found.refused[0].algorithm == "");
    CHECK(found.refused[0].reason == "refused /p/a.so: is not an ELF file");
}
