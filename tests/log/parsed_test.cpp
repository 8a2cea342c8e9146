// SPDX-License-Identifier: MIT
#include "log/parsed.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>

#include "log/hostile.h"

using logging::gist;

TEST_CASE("of a line of the log the gist is its sentence, its cause and the innermost calls") {
    CHECK(gist(R"(udf-host: error: crashed by SIGSEGV algorithm=a stack="f < g < h < i < j < k")") ==
          "crashed by SIGSEGV, in f < g < h < i");
    CHECK(gist(R"(udf-host: error: crashed algorithm=a stack=f)") == "crashed, in f");
    CHECK(gist(R"(udf-host: error: the task has failed task=t cause="no \"size\"")") ==
          R"(the task has failed: no "size")");
    CHECK(gist(R"({"time":"2026-01-01T00:00:00Z","level":"error","message":"it failed","cause":"a\u0001\nb"})") ==
          "it failed: a\x01\nb");
}

TEST_CASE("any other line is its own gist") {
    for (const char* line : {"Traceback (most recent call last):", "", "udf-host: 3 points", "udf-host: loud: no",
                             R"({"level":"info"})", R"(udf-host: error: "broken)", R"(udf-host: error: a b="\q")"})
        CHECK(gist(line) == line);
}

TEST_CASE("whatever line there is has a gist") {
    CHECK(rc::check([] {
        const std::string rest = *hostile::text();
        gist(rest);
        gist("udf-host: error: " + rest);
        gist("udf-host: error: a b=\"" + rest);
        gist("{\"time\":\"" + rest);
        RC_SUCCEED();
    }));
}
