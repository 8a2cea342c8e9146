// SPDX-License-Identifier: MIT
#include "plot/markup.h"

#include <doctest/doctest.h>

#include <string>

using namespace plot;

TEST_CASE("text becomes what XML may hold") {
    CHECK(escaped("a<b>&\"c\"") == "a&lt;b&gt;&amp;&quot;c&quot;");
    CHECK(escaped("é 漢\n\t") == "é 漢\n\t");
    CHECK(escaped(std::string("\0\x1b[1m", 5)) == "\xef\xbf\xbd\xef\xbf\xbd[1m");
    CHECK(escaped("\xff") == "\xef\xbf\xbd");
    CHECK(escaped("\xef\xbf\xbe!") == "\xef\xbf\xbd!");
}

TEST_CASE("text that is too wide is cut between characters") {
    CHECK(cut_to("cpu=cpu0", 100, 12) == "cpu=cpu0");
    const std::string cut = cut_to("ééééééééééééééééééé", 60, 12);
    CHECK(cut.ends_with("é…"));
    CHECK(text_width(cut, 12) <= 60 + 12);
    CHECK(cut_to("wide", 1, 12) == "…");
}
