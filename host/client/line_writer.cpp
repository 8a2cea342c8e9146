// SPDX-License-Identifier: MIT
#include "client/line_writer.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "client/point_parts.h"

namespace client {
namespace {

constexpr std::string_view kInNames = ", ", kInKeys = ",= ";

void write_word(std::string& out, std::string_view word, std::string_view escapes) {
    word = word.substr(0, word.find_last_not_of('\\') + 1);
    for (char c : word) {
        if (c == '\n' || c == '\r' || c == '\t') c = ' ';
        if (escapes.find(c) != escapes.npos) out += '\\';
        out += c;
    }
}

struct WriteValue {
    std::string& out;
    void operator()(bool value) const { out += value ? "true" : "false"; }
    void operator()(double value) const { fmt::format_to(std::back_inserter(out), "{}", value); }
    void operator()(int64_t value) const { fmt::format_to(std::back_inserter(out), "{}i", value); }
    void operator()(std::string_view value) const {
        out += '"';
        for (const char c : value) {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
        out += '"';
    }
};

}  // namespace

void write_line(std::string& out, const pb::Point& point) {
    write_word(out, point.name(), kInNames);
    for (const auto& [key, value] : sorted_tags(point.tags())) {
        if (key.empty() || value.empty()) continue;
        out += ',';
        write_word(out, key, kInKeys);
        out += '=';
        write_word(out, value, kInKeys);
    }
    char before = ' ';
    for (const auto& [key, value] : sorted_fields(point)) {
        if (key.empty()) continue;
        out += before;
        write_word(out, key, kInKeys);
        out += '=';
        std::visit(WriteValue{out}, value);
        before = ',';
    }
    fmt::format_to(std::back_inserter(out), " {}\n", point.time());
}

std::string_view no_line_because(const pb::Point& point) {
    if (point.name().empty()) return "it has no name";
    if (point.name().starts_with('#')) return "its name begins like a comment";
    for (const auto& [key, value] : point.fieldsdouble())
        if (!std::isfinite(value)) return "it holds a NaN or an infinity";
    if (point.fieldsdouble().empty() && point.fieldsint().empty() && point.fieldsbool().empty() &&
        point.fieldsstring().empty())
        return "it has no fields";
    return {};
}

}  // namespace client
