// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "support/fake_host.h"

using namespace fake;

static const udf_algorithm& default_() { return load(PLUGINS_DIR "/default.so"); }

TEST_CASE("default sets fields and tags that are absent") {
    Handler handler(default_(),
                    {{"field", {"f", 1.5}}, {"tag", {"t", "x"}}, {"field", {"g", 2.0}}, {"tag", {"u", ""}}});
    handler.points({{.time = 3, .fields = {{"v", 1}}, .name = "cpu"}});
    CHECK(
        handler.emitted ==
        std::vector<Record>{
            {.time = 3, .fields = {{"v", 1}, {"f", 1.5}, {"g", 2.0}}, .tags = {{"t", "x"}, {"u", ""}}, .name = "cpu"}});
}

TEST_CASE("default leaves what is there whatever its type or value") {
    Handler handler(default_(), {{"field", {"f", 1.5}}, {"field", {"g", 2.0}}, {"tag", {"t", "x"}}});
    handler.points({{.fields = {{"f", "text"}}, .tags = {{"t", ""}}}});
    CHECK(handler.emitted == std::vector<Record>{{.fields = {{"f", "text"}, {"g", 2.0}}, .tags = {{"t", ""}}}});
}

TEST_CASE("default emits a point that lacks nothing unchanged") {
    Handler handler(default_(), {{"field", {"f", 1.5}}, {"tag", {"t", "x"}}});
    const Record complete{.fields = {{"f", 7}}, .tags = {{"t", "y"}}};
    handler.points({complete, {.tags = {{"t", "y"}}}, {.fields = {{"f", 7}}}, complete});
    CHECK(handler.emitted.size() == 4);
    CHECK(handler.unchanged == 2);
    CHECK(handler.emitted.back() == complete);
}

TEST_CASE("default without options is a mirror") {
    Handler handler(default_(), {});
    handler.points({{.time = 1, .fields = {{"v", 1}}}, {}});
    CHECK(handler.unchanged == 2);
}

TEST_CASE("default takes the last of two values for a name") {
    Handler handler(default_(),
                    {{"field", {"f", 1.0}}, {"field", {"f", 2.0}}, {"tag", {"t", "x"}}, {"tag", {"t", "y"}}});
    handler.points({{}});
    CHECK(handler.emitted == std::vector<Record>{{.fields = {{"f", 2.0}}, .tags = {{"t", "y"}}}});
}

TEST_CASE("default leaves the group id alone where it sets a tag of the group") {
    Handler handler(default_(), {{"tag", {"host", "unknown"}}});
    handler.points({{.dimensions = {"host"}, .group = "host="}});
    CHECK(handler.emitted ==
          std::vector<Record>{{.tags = {{"host", "unknown"}}, .dimensions = {"host"}, .group = "host="}});
}

TEST_CASE("default refuses an empty name and says of which option") {
    CHECK_THROWS_WITH_AS(Handler(default_(), {{"field", {"", 1.0}}}), "option 'field': the name must not be empty",
                         Failed);
    CHECK_THROWS_WITH_AS(Handler(default_(), {{"tag", {"", "x"}}}), "option 'tag': the name must not be empty", Failed);
}

TEST_CASE("both options of default are repeatable") {
    REQUIRE(default_().option_count == 2);
    for (int i : {0, 1}) CHECK(default_().options[i].flags == UDF_OPTION_REPEATABLE);
}
