// SPDX-License-Identifier: MIT
//
// Lines of the log, read back: what a worker has said is told again, in few words, once it has died.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "log/event.h"

namespace logging {

struct Parsed {
    Level level = Level::info;
    std::string message;
    std::vector<std::pair<std::string, std::string>> fields;  // in their order, `time` of JSON too

    // Empty where there is no such.
    std::string_view field(std::string_view key) const noexcept;
};

// A line in the format of text or JSON, without its newline. Nothing where it is none.
std::optional<Parsed> parse(std::string_view line);

// What a line says to somebody who knows whom it is about: of one of the log its sentence, cause and innermost calls;
// any other as it is.
std::string gist(std::string_view line);

}  // namespace logging
