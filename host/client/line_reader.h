// SPDX-License-Identifier: MIT
//
// Cuts text that arrives in pieces into records of line protocol. A record ends with its line,
// unless a quoted string goes on over the newline. A quote that is never closed costs only its own
// line: the text behind it is read on as if the quote had not been there.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace client {

class LineReader {
public:
    struct Record {
        std::string_view text;  // without the newline; valid until the next call
        size_t line;            // where it begins; the first is 1
    };

    void append(std::string_view bytes);
    void end() { ended_ = true; }  // what is left without a newline is a record too

    // Nothing until more is appended. Throws std::runtime_error on a line that cannot be meant.
    std::optional<Record> next();

    // For a record of several lines that proves bad: its quote was the mistake, and next() goes on
    // with its second line. The record is no longer valid.
    void reread_from_second_line();

private:
    std::string buffer_;
    size_t at_ = 0;        // the first byte not yet handed out
    size_t searched_ = 0;  // bytes behind at_ that hold no end of a record without a quote
    size_t line_ = 1;      // of the byte at at_
    Record record_{};      // handed out last
    bool ended_ = false;
};

}  // namespace client
