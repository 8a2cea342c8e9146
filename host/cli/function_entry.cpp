// SPDX-License-Identifier: MIT
#include "cli/function_entry.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#define TOML_ENABLE_PARSER 0  // half the time to compile
#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <system_error>
#include <utility>

#include "text/utf8.h"

namespace cli {
namespace {

std::string quoted(const std::string& text) {
    std::ostringstream out;
    const toml::value<std::string> value(text);
    out << toml::toml_formatter(value, toml::format_flags::allow_unicode_strings);
    return out.str();
}

}  // namespace

std::string written(const FunctionEntry& entry) {
    std::string text = fmt::format("[udf.functions.{}]\n", entry.name);
    if (!entry.comment.empty()) text += fmt::format("    # {}\n", in_one_line(entry.comment));
    if (!entry.socket.empty()) {
        text += fmt::format("    socket = {}\n", quoted(entry.socket));
    } else {
        std::vector<std::string> arguments;
        for (const std::string& argument : entry.arguments) arguments.push_back(quoted(argument));
        text += fmt::format("    prog = {}\n    args = [{}]\n", quoted(entry.program), fmt::join(arguments, ", "));
    }
    return text + fmt::format("    timeout = {}\n", quoted(entry.timeout));
}

std::string in_one_line(std::string text) {
    text = text::replace_bad_utf8(text);
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    return text;
}

std::string own_program() {
    std::error_code error;
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
    return error ? "udf-host" : self.string();
}

}  // namespace cli
