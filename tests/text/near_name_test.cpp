// SPDX-License-Identifier: MIT
#include "text/near_name.h"

#include <doctest/doctest.h>

using text::near_name;

TEST_CASE("a slip finds the name that was meant") {
    const std::vector<std::string_view> names = {"field", "size", "as"};
    CHECK(near_name("fild", names) == "field");
    CHECK(near_name("FIELD", names) == "field");
    CHECK(near_name("sise", names) == "size");
    CHECK(near_name("feild", names) == "field");
    CHECK(text::did_you_mean("fields", names) == "; did you mean 'field'?");
}

TEST_CASE("where no name is near none is offered") {
    CHECK(near_name("threshold", {"field", "size", "as"}).empty());
    CHECK(near_name("xy", {"as"}).empty());
    CHECK(near_name("anything", {}).empty());
    CHECK(near_name(std::string(1000, 'x'), {"x"}).empty());
    CHECK(text::did_you_mean("threshold", {"field"}).empty());
}
