// SPDX-License-Identifier: MIT
#include "check/report.h"

#include <fmt/format.h>

#include <algorithm>

namespace check {
namespace {

using nlohmann::ordered_json;

const char* shown(Status status) { return status == Status::fail ? "FAIL" : word_of(status); }

size_t name_width() {
    size_t width = 0;
    for (const Check& check : checks()) width = std::max(width, std::string_view(check.name).size());
    return width;
}

std::string trimmed(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line + '\n';
}

// What is said first stands behind the name, the rest below it.
std::string lines_of(const Result& result, size_t width) {
    std::string text;
    const std::string indent(width + 10, ' ');
    std::string start = fmt::format("  {:<4}  {:<{}}  ", shown(result.status), result.check->name, width);
    for (const Finding& finding : result.findings) {
        text += trimmed((text.empty() ? start : indent) + finding.text);
    }
    if (text.empty()) text = trimmed(start);
    for (const std::string& line : result.last_lines) text += trimmed(fmt::format("{}| {}", indent, line));
    if (result.status == Status::warn || result.status == Status::fail) {
        text += trimmed(fmt::format("{}why: {}", indent, result.check->why));
        text += trimmed(fmt::format("{}do:  {}", indent, result.check->advice));
    }
    return text;
}

ordered_json json_of(const Result& result) {
    ordered_json details = ordered_json::array();
    for (const Finding& finding : result.findings)
        details.push_back({{"status", word_of(finding.status)}, {"text", finding.text}});
    return {{"name", result.check->name},
            {"algorithm", result.algorithm.empty() ? ordered_json() : ordered_json(result.algorithm)},
            {"status", word_of(result.status)},
            {"details", details},
            {"stderr", result.last_lines},
            {"promise", result.check->promise},
            {"why", result.check->why},
            {"advice", result.check->advice}};
}

}  // namespace

std::string text_of(const Report& report) {
    const size_t width = name_width();
    std::string text = fmt::format("plugin {}\n", report.file.string());
    const Result* last = nullptr;
    size_t pointless = 0;  // checks that were skipped for one reason, which stands in one line
    const auto tell_pointless = [&] {
        if (pointless > 0)
            text += fmt::format("  {:<4}  {:<{}}  {}\n", word_of(Status::skip), fmt::format("{} more", pointless),
                                width, last->findings.front().text);
        pointless = 0;
    };
    for (const Result& result : report.results) {
        if (last == nullptr || last->algorithm != result.algorithm) {
            tell_pointless();
            if (!result.algorithm.empty()) text += fmt::format("algorithm {}\n", result.algorithm);
        }
        last = &result;
        if (result.stopped)
            ++pointless;
        else
            text += lines_of(result, width);
    }
    tell_pointless();
    return text + fmt::format("{} checks: {} passed, {} warned, {} failed, {} skipped\n", report.results.size(),
                              report.count(Status::pass), report.count(Status::warn), report.count(Status::fail),
                              report.count(Status::skip));
}

ordered_json json_of(const Report& report) {
    ordered_json all = ordered_json::array();
    for (const Result& result : report.results) all.push_back(json_of(result));
    return {{"plugin", report.file.string()},
            {"algorithms", report.algorithms},
            {"checks", all},
            {"summary",
             {{"passed", report.count(Status::pass)},
              {"warned", report.count(Status::warn)},
              {"failed", report.count(Status::fail)},
              {"skipped", report.count(Status::skip)},
              {"good", report.good()}}}};
}

std::string list_of_checks() {
    std::string text;
    for (const Check& check : checks()) text += fmt::format("{:<{}}  {}\n", check.name, name_width(), check.promise);
    return text;
}

}  // namespace check
