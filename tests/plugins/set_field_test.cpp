// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "support/fake_host.h"

using namespace fake;

static const udf_algorithm& set_field() { return load(PLUGINS_DIR "/set_field.so"); }

TEST_CASE("set_field adds the field and keeps all else of the point") {
    Handler handler(set_field(), {{"field", {"limit", 90.0}}});
    Record p{.time = 7,
             .fields = {{"a", 1}, {"b", "x"}},
             .tags = {{"host", "h"}},
             .dimensions = {"host"},
             .group = "host=h",
             .name = "cpu",
             .database = "db",
             .retention_policy = "rp",
             .by_name = true};
    handler.points({p});
    p.fields.emplace("limit", 90.0);
    CHECK(handler.emitted == std::vector{p});
}

TEST_CASE("set_field overwrites a field of any type") {
    Handler handler(set_field(), {{"field", {"v", 2.5}}});
    for (const Value& old : {Value(1.0), Value(1), Value("one"), Value(true)})
        handler.points({{.fields = {{"other", 3}, {"v", old}}}});
    REQUIRE(handler.emitted.size() == 4);
    for (const Record& p : handler.emitted) CHECK(p == Record{.fields = {{"other", 3}, {"v", 2.5}}});
}

TEST_CASE("set_field gives a point without fields its only one") {
    Handler handler(set_field(), {{"field", {"v", 2.5}}});
    handler.points({{.time = 1}, {.time = 2}});
    CHECK(handler.emitted ==
          std::vector<Record>{{.time = 1, .fields = {{"v", 2.5}}}, {.time = 2, .fields = {{"v", 2.5}}}});
}

TEST_CASE("set_field requires its option and refuses an empty name") {
    const udf_algorithm& a = set_field();
    REQUIRE(a.option_count == 1);
    CHECK(a.options[0].flags == UDF_OPTION_REQUIRED);
    REQUIRE(a.options[0].type_count == 2);
    CHECK(a.options[0].types[0] == UDF_STRING);
    CHECK(a.options[0].types[1] == UDF_DOUBLE);
    CHECK_THROWS_WITH_AS(Handler(a, {{"field", {"", 1.0}}}), "option 'field': the name must not be empty", Failed);
}
