// SPDX-License-Identifier: MIT
//
// What an algorithm says of itself, and whether it can be had at all.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>
#include <span>

#include "check/families.h"

namespace check {

void descriptor(const Subject& subject) {
    const udf_algorithm& algorithm = subject.algorithm;
    if (std::strlen(algorithm.version) == 0) subject.notes.warn("has no version");
    if (std::strlen(algorithm.help) == 0) subject.notes.warn("has no help text");
    std::vector<std::string> mute;
    for (const udf_option& option : std::span(algorithm.options, algorithm.option_count))
        if (option.help == nullptr || *option.help == '\0') mute.emplace_back(option.name);
    if (!mute.empty()) subject.notes.warn("has no help text for option {}", fmt::join(mute, ", "));
}

// The options have been found before: see child.cpp.
void create(const Subject& subject) {
    Handler handler(subject.algorithm, subject.options);
    handler.destroy();
    if (subject.options.size() != subject.given.size())
        subject.notes.tell("with made-up options: {}", text_of(subject.options));
}

}  // namespace check
