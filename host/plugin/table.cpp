// SPDX-License-Identifier: MIT
#include "plugin/table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <set>
#include <utility>

#include "text/near_name.h"

namespace plugin {
namespace {

// What interface 1.0 had: the least that any plugin brings. Never changes.
constexpr size_t kPluginSizeOf10 = offsetof(udf_plugin, reserved) + sizeof(udf_plugin::reserved);
constexpr size_t kAlgorithmSizeOf10 = offsetof(udf_algorithm, stop) + sizeof(udf_algorithm::stop);

// Beyond these a number is not a size or a count but garbage, and what it counts is not to be read.
constexpr uint32_t kMaxTableSize = 64 * 1024;
constexpr uint32_t kMaxAlgorithms = 1024;
constexpr uint32_t kMaxOptions = 1024;
constexpr uint32_t kMaxTypes = 64;

// A reason, on its way to check_table, which knows the file.
struct TableProblem : std::runtime_error {
    using runtime_error::runtime_error;
};

template <class... Args>
TableProblem problem(fmt::format_string<Args...> format, Args&&... args) {
    return TableProblem(fmt::format(format, std::forward<Args>(args)...));
}

// The plugin's table over zeroes. Past the members that both sides know, its bytes must be zero: a
// member that is set and not understood would be ignored.
template <class Table>
Table copy_table(const Table* theirs, size_t size_of_10, std::string_view what) {
    const size_t size = theirs->struct_size;
    if (size < size_of_10 || size > kMaxTableSize || size % alignof(Table) != 0)
        throw problem(
            "struct_size of {} is {}, which cannot be: it is at least {}, at most {} and a multiple of {}; "
            "set it to sizeof the struct",
            what, size, size_of_10, kMaxTableSize, alignof(Table));
    Table table{};
    std::memcpy(&table, theirs, std::min(size, sizeof table));
    const auto* bytes = reinterpret_cast<const unsigned char*>(theirs);
    if (size > sizeof table && std::any_of(bytes + sizeof table, bytes + size, [](unsigned char b) { return b != 0; }))
        throw problem("{} sets members that this host does not know; update udf-host", what);
    if (table.reserved != 0) throw problem("'reserved' of {} is not zero; leave it zero", what);
    return table;
}

void check_name(const char* name, std::string_view whose, std::set<std::string_view>& seen) {
    if (name == nullptr || *name == '\0') throw problem("{} has no name", whose);
    if (!is_tickscript_name(name))
        throw problem("{} has the name '{}', which TICKscript cannot use: {}", whose, name, kTickscriptNames);
    if (!seen.insert(name).second) throw problem("{} has the name '{}', which another has as well", whose, name);
}

void check_option(const udf_option& option, std::string_view owner) {
    const auto say = [&](std::string_view what) { return problem("{}: option '{}' {}", owner, option.name, what); };
    if (option.type_count > kMaxTypes)
        throw say(fmt::format("has {} arguments; at most {} are allowed", option.type_count, kMaxTypes));
    if (option.type_count > 0 && option.types == nullptr) throw say("has arguments but no types");
    for (const uint8_t type : std::span(option.types, option.type_count))
        if (type > UDF_DURATION) throw say(fmt::format("has an argument of type {}, which is none", type));
    if ((option.flags & ~uint32_t{UDF_OPTION_REQUIRED | UDF_OPTION_REPEATABLE}) != 0)
        throw say(fmt::format("has flags that this host does not know ({:#x}); update udf-host", option.flags));
}

void check_callbacks(const udf_algorithm& a, std::string_view owner) {
    const auto say = [&](std::string_view what) { return problem("{} {}", owner, what); };
    if (a.wants > UDF_BATCH) throw say(fmt::format("wants edge type {}, which is neither stream nor batch", a.wants));
    if (a.provides > UDF_BATCH)
        throw say(fmt::format("provides edge type {}, which is neither stream nor batch", a.provides));
    if (a.create == nullptr) throw say("has no create");
    if (a.destroy == nullptr) throw say("has no destroy");
    if ((a.begin_batch == nullptr) != (a.end_batch == nullptr))
        throw say("has one of begin_batch and end_batch; set both or neither");
    if (a.wants == UDF_STREAM && a.points == nullptr) throw say("wants a stream but has no points");
    if (a.wants == UDF_BATCH && a.batch == nullptr && a.begin_batch == nullptr)
        throw say("wants batches but has neither batch nor begin_batch and end_batch");
    if (a.wants == UDF_BATCH && a.batch == nullptr && a.points == nullptr)
        throw say("wants batches with begin_batch and end_batch but has no points");
    if (a.wants == UDF_BATCH && a.batch != nullptr && a.begin_batch != nullptr)
        throw say("has both batch and begin_batch; set one of them");
    if ((a.snapshot == nullptr) != (a.restore == nullptr))
        throw say("has one of snapshot and restore; set both or neither");
}

udf_algorithm check_algorithm(const udf_algorithm* theirs, size_t index, std::set<std::string_view>& names) {
    if (theirs == nullptr) throw problem("algorithm {} of its table is null", index);
    udf_algorithm a = copy_table(theirs, kAlgorithmSizeOf10, fmt::format("algorithm {} of its table", index));
    a.struct_size = sizeof a;
    check_name(a.name, fmt::format("algorithm {} of its table", index), names);
    const std::string owner = fmt::format("algorithm '{}'", a.name);
    check_callbacks(a, owner);

    if (a.option_count > kMaxOptions)
        throw problem("{} has {} options; at most {} are allowed", owner, a.option_count, kMaxOptions);
    if (a.option_count > 0 && a.options == nullptr) throw problem("{} has an option_count but no options", owner);
    std::set<std::string_view> options;
    for (const udf_option& option : std::span(a.options, a.option_count)) {
        check_name(option.name, fmt::format("{}: an option", owner), options);
        check_option(option, owner);
    }
    if (a.version == nullptr) a.version = "";
    if (a.help == nullptr) a.help = "";
    return a;
}

std::vector<udf_algorithm> check_plugin(const udf_plugin* theirs) {
    if (theirs == nullptr) throw problem("its " UDF_PLUGIN_ENTRY " returned null");
    // First of all: a plugin for a newer host may break any rule that this one knows.
    if (theirs->struct_size >= kPluginSizeOf10 && theirs->abi_minor > UDF_ABI_MINOR)
        throw problem("needs plugin interface 1.{}, this host has 1.{}; update udf-host", theirs->abi_minor,
                      UDF_ABI_MINOR);
    const udf_plugin table = copy_table(theirs, kPluginSizeOf10, "its udf_plugin");
    if (table.algorithm_count == 0) throw problem("has no algorithms");
    if (table.algorithm_count > kMaxAlgorithms)
        throw problem("has {} algorithms; at most {} are allowed", table.algorithm_count, kMaxAlgorithms);
    if (table.algorithms == nullptr) throw problem("has an algorithm_count but no algorithms");

    std::set<std::string_view> names;
    std::vector<udf_algorithm> result;
    for (const udf_algorithm* a : std::span(table.algorithms, table.algorithm_count))
        result.push_back(check_algorithm(a, result.size(), names));
    return result;
}

}  // namespace

bool is_tickscript_name(std::string_view name) noexcept {
    constexpr std::string_view digits = "0123456789";
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    constexpr std::array<std::string_view, 6> keywords = {"AND", "OR", "TRUE", "FALSE", "var", "dbrp"};
    return !name.empty() && digits.find(name.front()) == digits.npos &&
           std::all_of(name.begin(), name.end(),
                       [&](char c) { return letters.find(c) != letters.npos || digits.find(c) != digits.npos; }) &&
           std::find(keywords.begin(), keywords.end(), name) == keywords.end();
}

Refused::Refused(const std::filesystem::path& file, const std::string& reason)
    : runtime_error(fmt::format("refused {}: {}", file.string(), reason)) {}

Plugin::Plugin(std::filesystem::path file, std::vector<udf_algorithm> algorithms)
    : file_(std::move(file)), algorithms_(std::move(algorithms)) {}

const udf_algorithm& Plugin::algorithm(std::string_view name) const& {
    std::vector<std::string_view> names;
    for (const udf_algorithm& a : algorithms_) {
        if (a.name == name || (name.empty() && algorithms_.size() == 1)) return a;
        names.emplace_back(a.name);
    }
    if (name.empty())
        throw Refused(file_, fmt::format("it has {} algorithms, choose one: {}", names.size(), fmt::join(names, ", ")));
    throw Refused(file_, fmt::format("it has no algorithm '{}' but {}{}", name, fmt::join(names, ", "),
                                     text::did_you_mean(name, names)));
}

Plugin check_table(const std::filesystem::path& file, const udf_plugin* table) {
    try {
        return {file, check_plugin(table)};
    } catch (const TableProblem& found) {
        throw Refused(file, found.what());
    }
}

}  // namespace plugin
