// SPDX-License-Identifier: MIT
//
// From the table that a plugin returns to one that the host can rely on: every rule of
// udf_plugin.h is checked once, here, and nowhere again.
#pragma once

#include <udf_plugin.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace plugin {

// A plugin was refused. what() is a whole sentence: the file, the reason, what to do about it.
struct Refused : std::runtime_error {
    Refused(const std::filesystem::path& file, const std::string& reason);
};

// A plugin whose tables have been checked. Copyable; what the tables point to (names, functions)
// belongs to the loaded file, which is never unloaded.
class Plugin {
public:
    Plugin(std::filesystem::path file, std::vector<udf_algorithm> algorithms);

    const std::filesystem::path& file() const noexcept { return file_; }

    // This host's size of table each: members that the plugin does not know are zero. Version and
    // help are never null; the help of an option may be.
    std::span<const udf_algorithm> algorithms() const& noexcept { return algorithms_; }
    void algorithms() && = delete;  // it would end before what it returned

    // The algorithm of that name; an empty name stands for the only one. Throws Refused, naming
    // those that there are.
    const udf_algorithm& algorithm(std::string_view name) const&;
    void algorithm(std::string_view name) && = delete;

private:
    std::filesystem::path file_;
    std::vector<udf_algorithm> algorithms_;
};

// UDF_STREAM or UDF_BATCH as people call it: stream or batch.
inline const char* edge_name(uint32_t edge) noexcept { return edge == UDF_BATCH ? "batch" : "stream"; }

// Whether an algorithm or an option can be called so: a TICKscript says @name() and .option(). ASCII
// letters, digits and _, not a digit first, not a word of the language.
bool is_tickscript_name(std::string_view name) noexcept;
inline constexpr const char* kTickscriptNames =
    "take letters, digits and _, not a digit first, and no word of the language";

// Checks what `entry` of `file` returned. Throws Refused.
Plugin check_table(const std::filesystem::path& file, const udf_plugin* table);

}  // namespace plugin
