// SPDX-License-Identifier: MIT
#include "client/utf8.h"

#include <doctest/doctest.h>

#include <string>

using client::find_bad_utf8;

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
