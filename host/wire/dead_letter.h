// SPDX-License-Identifier: MIT
//
// Dead letters: points and batches that kill an algorithm again and again, put aside so that it can
// go on without them, and so that its author can see it die. A dead-letter file is made of lines:
//
//     file   = *( letter LF )
//     letter = a JSON object in UTF-8, on one line, with these members and perhaps others:
//         "time"      string, RFC 3339 in UTC: when it was put aside
//         "function", "task", "node", "group", "cause"   strings
//         "deaths"    integer: how often it killed
//         "frames"    string, two hexadecimal digits a byte: point / begin *point end
//     point, begin, end = frames (see frame.h) with a Request of that kind, as Kapacitor sent them
//
// Empty lines do not count. A line that breaks off is what a crash or a full disk has left of a
// letter: it is skipped with a warning. Any number of processes may append to one file. The data
// may be private: whoever is neither owner nor in the group of the file may not read it.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace wire {

struct DeadLetter {
    std::chrono::system_clock::time_point time;
    std::string function;  // the algorithm or the command, for people
    std::string task, node, group, cause;
    int deaths = 0;
    std::string frames;
};

// Without the newline. What is not UTF-8 in a string becomes U+FFFD.
std::string to_line(const DeadLetter& letter);

// Makes the file where there is none. Throws std::system_error naming it.
void append_dead_letter(const std::filesystem::path& file, const DeadLetter& letter);

// Throws std::runtime_error naming file, line and problem. The frames are not looked into.
std::vector<DeadLetter> read_dead_letters(const std::filesystem::path& file);

}  // namespace wire
