// SPDX-License-Identifier: MIT
#include "log/event.h"

#include <array>

namespace logging {
namespace {

constexpr std::array<std::string_view, 5> kLevels{"debug", "info", "warning", "error", "off"};
constexpr std::array<std::string_view, 3> kFormats{"text", "json", "journal"};

template <class Named, class Names>
std::optional<Named> named(const Names& names, std::string_view name) noexcept {
    for (size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<Named>(i);
    return std::nullopt;
}

}  // namespace

std::optional<Level> level_named(std::string_view name) noexcept { return named<Level>(kLevels, name); }
std::optional<Format> format_named(std::string_view name) noexcept { return named<Format>(kFormats, name); }
std::string_view name_of(Level level) noexcept { return kLevels[static_cast<size_t>(level)]; }
std::string_view name_of(Format format) noexcept { return kFormats[static_cast<size_t>(format)]; }

}  // namespace logging
