// SPDX-License-Identifier: MIT
#include "client/line_writer.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>
#include <string>

#include "client/points.h"
#include "support/check_property.h"

using namespace client;

namespace {

std::string written(const pb::Point& point) {
    std::string line;
    write_line(line, point);
    return line;
}

// Names that line protocol can say, made mostly of what has a meaning in it.
rc::Gen<std::string> word() {
    const auto characters =
        rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab,,==  \\\\\"#i1\xc3\xa9").substr(0, 14)));
    return rc::gen::suchThat(characters, [](const std::string& s) { return !s.empty() && s.back() != '\\'; });
}

rc::Gen<std::string> string_value() {
    return rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab, =\\\"\n\r\t#1")));
}

pb::Point any_point() {
    pb::Point p;
    p.set_name(*rc::gen::suchThat(word(), [](const std::string& s) { return s.front() != '#'; }));
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i) (*p.mutable_tags())[*word()] = *word();
    // Names of different types do not meet: a point has one value for each.
    for (int i = *rc::gen::inRange(1, 4); i > 0; --i)
        (*p.mutable_fieldsdouble())["d" + *word()] =
            *rc::gen::suchThat(rc::gen::arbitrary<double>(), [](double d) { return std::isfinite(d); });
    for (int i = *rc::gen::inRange(0, 3); i > 0; --i)
        (*p.mutable_fieldsint())["i" + *word()] = *rc::gen::arbitrary<int64_t>();
    for (int i = *rc::gen::inRange(0, 3); i > 0; --i)
        (*p.mutable_fieldsbool())["b" + *word()] = *rc::gen::arbitrary<bool>();
    for (int i = *rc::gen::inRange(0, 3); i > 0; --i) (*p.mutable_fieldsstring())["s" + *word()] = *string_value();
    p.set_time(*rc::gen::arbitrary<int64_t>());
    return p;
}

}  // namespace

TEST_CASE("reading what was written gives the same point") {
    support::check_property([] {
        const pb::Point p = any_point();
        const std::string line = written(p);
        RC_LOG() << line;
        RC_ASSERT(no_line_because(p).empty());
        pb::Point again;
        const auto bad = parse_line(line, {}, again);
        if (bad) RC_FAIL(bad->reason);
        RC_ASSERT(same(p, again));
    });
}

TEST_CASE("tags and fields are written by name") {
    CHECK(written(point("m,z=1,a=2,k=3 z=1,a=2i,k=true,b=\"x\" 9")) == "m,a=2,k=3,z=1 a=2i,b=\"x\",k=true,z=1 9\n");
}

TEST_CASE("floats are written as short as they can be") {
    CHECK(written(point("m a=0.1,b=1.0,c=1e100,d=-0 1")) == "m a=0.1,b=1,c=1e+100,d=-0 1\n");
}

TEST_CASE("what line protocol cannot say is bent and not broken") {
    pb::Point p;
    p.set_name("a\nb\\");
    (*p.mutable_tags())["k\t"] = "v\r\\\\";
    (*p.mutable_tags())["empty"] = "";
    (*p.mutable_tags())[""] = "x";
    (*p.mutable_fieldsint())["f\\"] = 1;
    (*p.mutable_fieldsint())[""] = 2;
    CHECK(written(p) == "a\\ b,k\\ =v\\  f=1i 0\n");
    CHECK(complaint(written(p)).empty());
}

TEST_CASE("what is nothing but backslashes is left out") {
    pb::Point p = point("m v=1 0");
    (*p.mutable_tags())["\\"] = "v";
    (*p.mutable_tags())["k"] = "\\\\";
    (*p.mutable_fieldsint())["\\"] = 2;
    CHECK(written(p) == "m v=1 0\n");
}

TEST_CASE("of names that are bent to the same one is written") {
    pb::Point p;
    p.set_name("m");
    for (const char* name : {"a\tb", "a\nb", "a b", "c\\", "c", "d\r", "d\n"}) {
        (*p.mutable_tags())[name] = "v";
        (*p.mutable_fieldsint())[name] = 1;
    }
    CHECK(written(p) == "m,a\\ b=v,c=v,d\\ =v a\\ b=1i,c=1i,d\\ =1i 0\n");
    CHECK(complaint(written(p)).empty());
}

TEST_CASE("a point that no line can hold says why") {
    pb::Point p;
    CHECK(no_line_because(p) == "it has no name");
    p.set_name("\\");
    CHECK(no_line_because(p) == "it has no name");
    p.set_name("#m");
    CHECK(no_line_because(p) == "its name begins like a comment");
    p.set_name("m");
    CHECK(no_line_because(p) == "it has no fields");
    (*p.mutable_fieldsint())["\\"] = 1;
    CHECK(no_line_because(p) == "it has no fields");
    (*p.mutable_fieldsdouble())["v"] = std::numeric_limits<double>::infinity();
    CHECK(no_line_because(p) == "it holds a NaN or an infinity");
}
