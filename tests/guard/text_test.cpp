// SPDX-License-Identifier: MIT
#include <string>

#include "guard/names.h"
#include "guarded.h"

using namespace guarded;
using guard::Guard;
using guard::Rule;

namespace {

const std::string kBad = "bad\xff", kMended = "bad\xef\xbf\xbd";

}  // namespace

TEST_CASE("what is not UTF-8 is replaced in every string of a point") {
    const auto change = [](size_t where, Made& made) -> udf_str& {
        made.tags = {{str("k"), str("v")}, {str("d"), str("1")}};
        made.dimensions = {str("d")};
        made.update();
        switch (where) {
            case 0:
                return made.point.name;
            case 1:
                return made.point.database;
            case 2:
                return made.point.retention_policy;
            case 3:
                return made.point.group;
            case 4:
                return made.tags[0].key;
            case 5:
                return made.tags[0].value;
            case 6:
                return made.dimensions[0];
            default:
                return made.fields[0].name;
        }
    };
    for (size_t where = 0; where < 8; ++where) {
        CAPTURE(where);
        Made made({integer("i", 1)});
        change(where, made) = str(kBad);
        if (where == 6) made.tags.push_back({str(kMended), str("1")});
        if (where == 6) made.update();
        guard::Policy policy;
        policy.set_rule("group=off");
        Guard guard("wild", policy);
        const auto left = repaired(guard, made.point, kNoRun, Rule::utf8);
        REQUIRE(left.size() == 1);
        const udf_point& p = left[0];
        const udf_str mended[] = {p.name,        p.database,      p.retention_policy, p.group,
                                  p.tags[0].key, p.tags[0].value, p.dimensions[0],    p.fields[0].name};
        CHECK(view(mended[where]) == kMended);
    }
}

TEST_CASE("a string field that is not UTF-8 is replaced refused or passed") {
    const Made made({text("s", kBad), text("t", "fine: \xc3\xa9\n")});
    Guard guard("wild", {});
    const auto left = repaired(guard, made.point, kNoRun, Rule::utf8);
    REQUIRE(left.size() == 1);
    CHECK(std::string(left[0].fields[0].value.as.s, left[0].fields[0].value.size) == kMended);
    check_strict_and_off(made.point, kNoRun, Rule::utf8, "field 's'");
}

TEST_CASE("a refusal is UTF-8 and one line whatever the names are") {
    Made made({integer("a\xff\nb", 1)});
    Guard strict("wild", policy(guard::Mode::strict));
    const auto refused = strict.check({&made.point, 1}, kNoRun);
    CHECK(refused.problem.find('\n') == std::string::npos);
    CHECK(refused.problem.find("'a\xef\xbf\xbd b'") != std::string::npos);
}

TEST_CASE("line breaks in names become spaces") {
    Made made({integer("a\nb", 1), text("s", "two\nlines")});
    made.tags = {{str("k\r"), str("v\nw")}};
    made.point.name = str("c\r\npu");
    made.point.group = str("cpu\nhost=a");
    made.update();
    guard::Policy policy;
    policy.set_rule("group=off");
    Guard guard("wild", policy);
    const auto checked = guard.check({&made.point, 1}, kNoRun);
    REQUIRE(checked.points.size() == 1);
    const udf_point& p = checked.points[0];
    CHECK(view(p.name) == "c  pu");
    CHECK(view(p.group) == "cpu\nhost=a");
    CHECK(view(p.tags[0].key) == "k ");
    CHECK(view(p.tags[0].value) == "v w");
    CHECK(view(p.fields[0].name) == "a b");
    CHECK(std::string(p.fields[1].value.as.s, p.fields[1].value.size) == "two\nlines");
    CHECK(guard.counters().text() == "newline 4");
    const Made field({integer("a\nb", 1)});
    check_strict_and_off(field.point, kNoRun, Rule::newline, "field 'a b'");
}

TEST_CASE("a tag without a key is dropped and of two with one key the last stays") {
    Made made({integer("i", 1)});
    made.tags = {{str("k"), str("1")}, {str(""), str("2")}, {str("k"), str("3")}};
    made.update();
    Guard guard("wild", {});
    const auto left = repaired(guard, made.point, kNoRun, Rule::duplicate);
    CHECK(guard.counters().get(Rule::incomplete) == 1);
    REQUIRE(left.size() == 1);
    REQUIRE(left[0].tag_count == 1);
    CHECK(view(left[0].tags[0].value) == "3");

    made.tags = {{str("k"), str("1")}, {str("k"), str("3")}};
    made.update();
    check_strict_and_off(made.point, kNoRun, Rule::duplicate, "tag 'k'");
}

TEST_CASE("plain text is told from text to look at in every length and place") {
    for (size_t size = 0; size < 40; ++size) {
        std::string text(size, 'x');
        CHECK(guard::plain(text));
        for (size_t at = 0; at < size; ++at)
            for (const char c : {'\n', '\r', '\xff', '\x80', '\0'}) {
                text[at] = c;
                CHECK_FALSE(guard::plain(text));
                text[at] = 'x';
            }
    }
}

TEST_CASE("names that are not ASCII but right pass as they are") {
    Made made({integer("temp\xc3\xa9rature", 1), text("s", "\xe6\xbc\xa2\xe5\xad\x97")});
    Guard guard("wild", {});
    CHECK(guard.check({&made.point, 1}, kNoRun).points.data() == &made.point);
    CHECK(guard.counters().text().empty());
}
