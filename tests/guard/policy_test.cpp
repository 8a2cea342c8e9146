// SPDX-License-Identifier: MIT
#include "guard/policy.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>

using guard::Mode;
using guard::NonFinite;
using guard::Policy;
using guard::Rule;

TEST_CASE("a policy is set by the words of the command line") {
    Policy policy;
    CHECK(policy.mode_of(Rule::utf8) == Mode::repair);
    policy.set_mode("strict");
    policy.set_rule("utf8=off");
    CHECK(policy.mode_of(Rule::utf8) == Mode::off);
    CHECK(policy.mode_of(Rule::group) == Mode::strict);
    policy.set_non_finite("drop-point");
    CHECK(policy.non_finite == NonFinite::drop_point);
    policy.set_non_finite("pass");
    CHECK(policy.mode_of(Rule::non_finite) == Mode::off);
    policy.set_mode("repair");
    policy.set_non_finite("error");
    CHECK(policy.mode_of(Rule::non_finite) == Mode::strict);
    policy.set_mode("off");
    CHECK(policy.mode_of(Rule::non_finite) == Mode::off);
}

TEST_CASE("a word that means nothing is refused with the near one") {
    Policy policy;
    const auto message = [&](auto&& set) {
        try {
            set();
        } catch (const guard::BadPolicy& e) {
            return std::string(e.what());
        }
        return std::string();
    };
    CHECK(message([&] { policy.set_mode("repiar"); }) ==
          "'repiar' is no mode of the guard, which is one of off, repair, strict; did you mean 'repair'?");
    CHECK(message([&] { policy.set_rule("utf9=off"); }).find("did you mean 'utf8'?") != std::string::npos);
    CHECK(message([&] { policy.set_rule("utf8=of"); }).find("did you mean 'off'?") != std::string::npos);
    CHECK(message([&] { policy.set_rule("utf8"); }) ==
          "'utf8' sets no rule of the guard: write RULE=MODE, as in utf8=strict");
    CHECK(message([&] { policy.set_non_finite("drop-fields"); }).find("did you mean 'drop-field'?") !=
          std::string::npos);
}

TEST_CASE("every rule has its row in the manual") {
    std::ifstream file(GUARD_MANUAL);
    REQUIRE(file);
    std::stringstream manual;
    manual << file.rdbuf();
    for (const guard::RuleInfo& rule : guard::rules()) {
        const std::string row = std::string("\n| `") + rule.name + "` | " + rule.row + " |";
        CAPTURE(row);
        CHECK(manual.str().find(row) != std::string::npos);
    }
    for (const char* row : {"K1", "K2", "K3", "C2", "C3", "C4", "C7", "E2", "E4"}) {
        CAPTURE(row);
        CHECK(manual.str().find(std::string("\n| ") + row + " |") != std::string::npos);
    }
}
