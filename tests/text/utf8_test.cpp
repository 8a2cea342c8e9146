// SPDX-License-Identifier: MIT
#include "text/utf8.h"

#include <doctest/doctest.h>

#include <string>

using text::find_bad_utf8;

TEST_CASE("well-formed text has no bad byte") {
    for (const char* text : {"", "plain", "gr\xc3\xbc\xc3\x9f", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf",
                             "\xed\x9f\xbf", "\xee\x80\x80", "eight bytes and \xc3\xa9 more"}) {
        CAPTURE(text);
        CHECK(find_bad_utf8(text) == std::string_view::npos);
    }
}

TEST_CASE("the first bad byte is found") {
    for (const char* bad : {"\x80", "\xff", "\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                            "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xc3("}) {
        CAPTURE(bad);
        CHECK(find_bad_utf8(bad) == 0);
        CHECK(find_bad_utf8(std::string("0123456789") + bad) == 10);
    }
}

TEST_CASE("every bad byte is replaced and the rest stays") {
    CHECK(text::replace_bad_utf8("") == "");
    CHECK(text::replace_bad_utf8("gr\xc3\xbc\xc3\x9f") == "gr\xc3\xbc\xc3\x9f");
    CHECK(text::replace_bad_utf8("\xff"
                                 "a\xc3(\x80") ==
          "\xef\xbf\xbd"
          "a\xef\xbf\xbd(\xef\xbf\xbd");
}
