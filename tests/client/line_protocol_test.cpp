// SPDX-License-Identifier: MIT
#include "client/line_protocol.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "client/points.h"

using namespace client;

TEST_CASE("a line has a name and tags and fields and a time") {
    const pb::Point p = point("cpu,host=a,cpu=cpu0 idle=97.5,user=2 1700000000000000001");
    CHECK(p.name() == "cpu");
    CHECK(p.tags().size() == 2);
    CHECK(p.tags().at("host") == "a");
    CHECK(p.tags().at("cpu") == "cpu0");
    CHECK(p.fieldsdouble().at("idle") == 97.5);
    CHECK(p.fieldsdouble().at("user") == 2);
    CHECK(p.time() == 1700000000000000001);
    CHECK(p.group().empty());
}

TEST_CASE("tags may be left out") { CHECK(point("cpu idle=1 5").tags().empty()); }

TEST_CASE("floats come in all their forms") {
    for (const auto& [text, value] : {std::pair<const char*, double>{"1", 1},
                                      {"1.0", 1},
                                      {"1.", 1},
                                      {".5", 0.5},
                                      {"-1e10", -1e10},
                                      {"+2.5E-3", 2.5e-3},
                                      {"-.5", -0.5},
                                      {"1.7976931348623157e308", std::numeric_limits<double>::max()},
                                      {"0.1", 0.1}}) {
        CAPTURE(text);
        CHECK(point(std::string("m v=") + text).fieldsdouble().at("v") == value);
    }
}

TEST_CASE("integers reach to both ends of int64") {
    const pb::Point p = point("m a=9223372036854775807i,b=-9223372036854775808i,c=+5i,d=9223372036854775807u");
    CHECK(p.fieldsint().at("a") == INT64_MAX);
    CHECK(p.fieldsint().at("b") == INT64_MIN);
    CHECK(p.fieldsint().at("c") == 5);
    CHECK(p.fieldsint().at("d") == INT64_MAX);
    CHECK(p.fieldsdouble().empty());
}

TEST_CASE("booleans have ten spellings") {
    for (const char* yes : {"t", "T", "true", "True", "TRUE"})
        CHECK(point(std::string("m v=") + yes).fieldsbool().at("v") == true);
    for (const char* no : {"f", "F", "false", "False", "FALSE"})
        CHECK(point(std::string("m v=") + no).fieldsbool().at("v") == false);
}

TEST_CASE("strings keep commas and spaces and newlines") {
    CHECK(point("m v=\"a, b=c\nd\"").fieldsstring().at("v") == "a, b=c\nd");
    CHECK(point("m v=\"\",w=1").fieldsstring().at("v").empty());
}

TEST_CASE("strings escape quotes and backslashes and nothing else") {
    CHECK(point(R"(m v="a\"b\\c\nd")").fieldsstring().at("v") == R"(a"b\c\nd)");
    CHECK(point(R"(m v="\\\"")").fieldsstring().at("v") == R"(\")");
}

TEST_CASE("a name escapes comma and space but not equals") {
    CHECK(point(R"(a\,b\ c\=d=e v=1)").name() == R"(a,b c\=d=e)");
}

TEST_CASE("tags and field keys escape comma and equals and space") {
    const pb::Point p = point(R"(m,a\,b\=c\ d=e\,f\=g\ h i\,j\=k\ l=1)");
    CHECK(p.tags().at("a,b=c d") == "e,f=g h");
    CHECK(p.fieldsdouble().at("i,j=k l") == 1);
}

TEST_CASE("a backslash before any other character stands for itself") {
    const pb::Point p = point(R"(m\n,t=C:\dir\\x v=1)");
    CHECK(p.name() == R"(m\n)");
    CHECK(p.tags().at("t") == R"(C:\dir\\x)");
}

TEST_CASE("a quote in a name or tag is a character like others") {
    CHECK(point(R"(m",t="x" v=1)").tags().at("t") == R"("x")");
}

TEST_CASE("timestamps are in the unit given") {
    for (const auto& [name, ns] : {std::pair<const char*, int64_t>{"ns", 1},
                                   {"us", 1000},
                                   {"ms", 1000000},
                                   {"s", 1000000000},
                                   {"m", 60000000000},
                                   {"h", 3600000000000}}) {
        CAPTURE(name);
        CHECK(point("m v=1 -3", {.unit = *precision_unit(name)}).time() == -3 * ns);
    }
    CHECK(!precision_unit("y"));
}

TEST_CASE("a line without a timestamp is of now") {
    CHECK(point("m v=1", {.unit = 1000, .now = 42}).time() == 42);
    CHECK(point("m v=1 ", {.now = 42}).time() == 42);
}

TEST_CASE("white space around the parts does not matter") {
    CHECK(same(point("  \tm,a=b  v=1,w=2 \t 7 \r\n"), point("m,a=b v=1,w=2 7")));
}

TEST_CASE("blank lines and comments hold no point") {
    CHECK(holds_no_point(""));
    CHECK(holds_no_point(" \t\r\n"));
    CHECK(holds_no_point("  # m v=1"));
    CHECK(!holds_no_point("m v=1"));
}

TEST_CASE("a field given twice keeps its last value whatever its type") {
    const pb::Point p = point("m v=1,v=\"x\",v=2i,v=true,v=3i");
    CHECK(p.fieldsint().at("v") == 3);
    CHECK(p.fieldsdouble().empty());
    CHECK(p.fieldsstring().empty());
    CHECK(p.fieldsbool().empty());
}

TEST_CASE("a bad line says what is wrong and where") {
    CHECK(complaint("") == "1: missing measurement");
    CHECK(complaint(",a=b v=1") == "1: missing measurement");
    CHECK(complaint("m") == "2: missing fields");
    CHECK(complaint("m,a=b") == "6: missing fields");
    CHECK(complaint("m,=b v=1") == "3: missing tag key");
    CHECK(complaint("m,a v=1") == "4: missing value of tag a");
    CHECK(complaint("m,a= v=1") == "5: missing value of tag a");
    CHECK(complaint("m,a=b=c v=1") == "6: unescaped = in the value of tag a");
    CHECK(complaint("m,a=b,a=c v=1") == "7: tag a given twice");
    CHECK(complaint("m v") == "4: missing value of field v");
    CHECK(complaint("m v=") == "5: missing value of field v");
    CHECK(complaint("m =1") == "3: missing field key");
    CHECK(complaint("m v=1,") == "7: missing field key");
    CHECK(complaint("m v=1,,w=2") == "7: missing field key");
    CHECK(complaint("m v=\"abc") == "5: unbalanced quote in field v");
    CHECK(complaint("m v=\"abc\"d") == "10: text after the value of field v");
    CHECK(complaint("m v=1 2 3") == "8: text after the timestamp");
    CHECK(complaint("m v=1 12x") == "7: bad timestamp 12x");
    CHECK(complaint("m\nv=1") == "2: newline outside of a quoted string");
}

TEST_CASE("what is no value is refused") {
    for (const char* text : {"nan", "NaN", "inf",  "-inf", "Infinity", "0x10",  "1e",  "--1", "+-1",   "1i2",
                             "i",   "-i",  "1.5i", "-1u",  "tru",      "truee", "yes", "'a'", "1_000", "."}) {
        CAPTURE(text);
        CHECK(complaint(std::string("m v=") + text) == "5: field v: " + std::string(text) + " is no value");
    }
}

TEST_CASE("what does not fit is refused") {
    CHECK(complaint("m v=9223372036854775808i") == "5: value 9223372036854775808i of field v is out of range");
    CHECK(complaint("m v=1e999") == "5: value 1e999 of field v is out of range");
    CHECK(complaint("m v=9223372036854775808u").find("unsigned") != std::string::npos);
    CHECK(complaint("m v=1 9223372036854775808") == "7: timestamp out of range (is --precision right?)");
    CHECK(complaint("m v=1 9223372036854775", {.unit = 1000000}) ==
          "7: timestamp out of range (is --precision right?)");
}

TEST_CASE("bytes that are not UTF-8 are refused") {
    CHECK(complaint("m,t=gr\xfc\xdf v=1") == "7: not UTF-8");
    CHECK(complaint("m,t=gr\xc3\xbc\xc3\x9f v=1").empty());
}
