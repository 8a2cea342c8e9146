// SPDX-License-Identifier: MIT
#include "client/option_values.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

using namespace client;

namespace {

pb::InfoResponse some_options() {
    pb::InfoResponse info;
    const auto declare = [&](const char* name, std::initializer_list<pb::ValueType> types) {
        pb::OptionInfo& option = (*info.mutable_options())[name];
        for (const auto type : types) option.add_valuetypes(type);
    };
    declare("field", {pb::STRING});
    declare("size", {pb::INT});
    declare("scale", {pb::DOUBLE});
    declare("window", {pb::DURATION});
    declare("strict", {pb::BOOL});
    declare("set", {pb::STRING, pb::DOUBLE});
    declare("all", {});
    return info;
}

pb::Option one(const std::string& text) { return parse_options({text}, some_options()).at(0); }

std::string option_complaint(const std::string& text) {
    try {
        one(text);
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a value gets the type that the function declares") {
    CHECK(one("field=10").values(0).stringvalue() == "10");
    CHECK(one("field=10").values(0).type() == pb::STRING);
    CHECK(one("size=-10").values(0).intvalue() == -10);
    CHECK(one("size=-10").values(0).value_case() == pb::OptionValue::kIntValue);
    CHECK(one("scale=10").values(0).doublevalue() == 10);
    CHECK(one("scale=10").values(0).type() == pb::DOUBLE);
    CHECK(one("window=1m30s").values(0).durationvalue() == 90'000'000'000);
    CHECK(one("strict=true").values(0).boolvalue() == true);
    CHECK(one("strict=FALSE").values(0).boolvalue() == false);
    CHECK(one("strict=false").values(0).value_case() == pb::OptionValue::kBoolValue);
}

TEST_CASE("an option may take several values") {
    const pb::Option option = one("set=name,1.5");
    REQUIRE(option.values_size() == 2);
    CHECK(option.values(0).stringvalue() == "name");
    CHECK(option.values(1).doublevalue() == 1.5);
}

TEST_CASE("an option without values is set by its name") {
    CHECK(one("all").name() == "all");
    CHECK(one("all").values().empty());
}

TEST_CASE("quotes keep commas and can be escaped") {
    CHECK(one("field='a,b'").values(0).stringvalue() == "a,b");
    CHECK(one(R"(field='it\'s')").values(0).stringvalue() == "it's");
    CHECK(one("set='a,b',2").values(1).doublevalue() == 2);
    CHECK(one("field=''").values(0).stringvalue().empty());
    CHECK(one("field=").values(0).stringvalue().empty());
    CHECK(one("field=a=b").values(0).stringvalue() == "a=b");
    CHECK(option_complaint("field='a") == "option field: unbalanced ' in 'a");
    CHECK(option_complaint("field='a'b") == "option field: text after the closing ' in 'a'b");
}

TEST_CASE("an option given twice appears twice in its order") {
    const auto options = parse_options({"set=b,1", "size=2", "set=a,3"}, some_options());
    REQUIRE(options.size() == 3);
    CHECK(options[0].values(0).stringvalue() == "b");
    CHECK(options[1].name() == "size");
    CHECK(options[2].values(0).stringvalue() == "a");
}

TEST_CASE("a wrong type is told with what came and what is expected") {
    CHECK(option_complaint("size=ten") == "option size: 'ten' came as value 1 of 1, expected INT, like 10");
    CHECK(option_complaint("size=1.5") == "option size: '1.5' came as value 1 of 1, expected INT, like 10");
    CHECK(option_complaint("set=a,b") == "option set: 'b' came as value 2 of 2, expected DOUBLE, like 1.5");
    CHECK(option_complaint("scale=nan") == "option scale: 'nan' came as value 1 of 1, expected DOUBLE, like 1.5");
    CHECK(option_complaint("strict=yes") == "option strict: 'yes' came as value 1 of 1, expected BOOL, true or false");
    CHECK(option_complaint("window=10") ==
          "option window: '10' came as value 1 of 1, expected DURATION, like 10s or 1h30m");
    CHECK(option_complaint("size=99999999999999999999") != "");
}

TEST_CASE("a wrong number of values is told") {
    CHECK(option_complaint("size") == "option size: 0 values came, expected 1");
    CHECK(option_complaint("set=a") == "option set: 1 value came, expected 2");
    CHECK(option_complaint("all=1") == "option all: 1 value came, expected 0");
    CHECK(option_complaint("field=a,b") ==
          "option field: 2 values came, expected 1; put a value with commas in quotes: 'a,b'");
}

TEST_CASE("an unknown option is answered with those that exist") {
    CHECK(option_complaint("feld=a") ==
          "unknown option feld: there are all, field, scale, set, size, strict, window; did you mean 'field'?");
    CHECK_THROWS_WITH(parse_options({"x"}, {}), "unknown option x: there are none");
}
