// SPDX-License-Identifier: MIT
//
// Text that whoever sends it chose to break the log with.
#pragma once

#include <rapidcheck.h>

#include <string>
#include <vector>

namespace hostile {

// Of pieces that mean something to one of the formats, and of any bytes.
inline rc::Gen<std::string> text() {
    const std::vector<std::string> pieces{
        "\n", "\r", "\"",   "\\",       "=",        " ",         "a=",   " key=",
        "{",  "}",  ":",    ",",        "\t",       "\x1b[31m",  "\x7f", "\\x41",
        "\\", "…",  "\xc2", "\xc2\x85", "\xed\xa0", "\xf0\x9f",  "é",    "\\u0000",
        "1",  "n",  "word", "\xff",     "\x01",     "udf-host:", "日本", std::string(1, '\0')};
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::oneOf(
                            rc::gen::elementOf(pieces),
                            rc::gen::map(rc::gen::arbitrary<char>(), [](char c) { return std::string(1, c); }))),
                        [](const std::vector<std::string>& parts) {
                            std::string all;
                            for (const std::string& part : parts) all += part;
                            return all;
                        });
}

}  // namespace hostile
