// SPDX-License-Identifier: MIT
//
// CHECK(text == Contains("part")) for a std::string, with both in the message when it fails.
#pragma once

#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <utility>

class Contains {
public:
    explicit Contains(std::string part) : part_(std::move(part)) {}
    friend bool operator==(const std::string& text, const Contains& c) { return text.find(c.part_) != text.npos; }
    friend std::ostream& operator<<(std::ostream& out, const Contains& c) { return out << "..." << c.part_ << "..."; }

private:
    std::string part_;
};
