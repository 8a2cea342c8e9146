// SPDX-License-Identifier: MIT
//
// JSON as the log writes it: one object of texts and numbers, without white space. Reads it without copying, so that
// threads that must not allocate can tell a line of the log from what only looks like one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace logging {

class FlatObject {
public:
    explicit FlatObject(std::string_view text) noexcept : rest_(text) {}

    struct Member {
        std::string_view key, value;  // as they stand there, of texts what is between the quotes
    };
    // Nothing at the end, and where it goes wrong.
    std::optional<Member> next() noexcept;
    // Once there was nothing: whether all of the text was such an object, and in UTF-8.
    bool is_whole() const noexcept { return is_whole_; }

private:
    bool take(std::string_view text) noexcept;
    std::optional<std::string_view> take_text() noexcept;
    std::optional<std::string_view> take_number() noexcept;

    std::string_view rest_;
    bool begun_ = false, is_whole_ = false;
};

// Whether a line, without its newline, is one that the log may have written as JSON: valid in any case.
bool is_json_line(std::string_view line) noexcept;

// The text that stands so between quotes.
std::string unescape_json(std::string_view escaped);

}  // namespace logging
