// SPDX-License-Identifier: MIT
#include "client/line_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include "client/point_parts.h"
#include "text/line_word.h"

namespace client {
namespace {

using text::without_end;

bool is_bent(std::string_view word) {
    return word.ends_with('\\') || std::ranges::any_of(word, text::has_no_place_in_lines);
}

std::string bent(std::string_view word) {
    std::string result(without_end(word));
    std::ranges::replace_if(result, text::has_no_place_in_lines, ' ');
    return result;
}

// Of the keys of a point those that are written: not the empty ones, and none twice.
template <class Holds>
class Keys {
public:
    explicit Keys(Holds holds) : holds_(std::move(holds)) {}

    bool takes(std::string_view key) {
        if (without_end(key).empty()) return false;
        if (!is_bent(key)) return true;
        std::string word = bent(key);
        return !holds_(word) && bent_.insert(std::move(word)).second;
    }

private:
    Holds holds_;  // whether the point has such a key as it is
    std::set<std::string> bent_;
};

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
    text::write_line_word(out, point.name(), text::kEscapedInNames);
    Keys tags([&](const std::string& key) { return point.tags().contains(key); });
    for (const auto& [key, value] : sorted_tags(point.tags())) {
        if (without_end(value).empty() || !tags.takes(key)) continue;
        out += ',';
        text::write_line_word(out, key, text::kEscapedInKeys);
        out += '=';
        text::write_line_word(out, value, text::kEscapedInKeys);
    }
    Keys fields([&](const std::string& key) {
        return point.fieldsdouble().contains(key) || point.fieldsint().contains(key) ||
               point.fieldsbool().contains(key) || point.fieldsstring().contains(key);
    });
    char before = ' ';
    for (const auto& [key, value] : sorted_fields(point)) {
        if (!fields.takes(key)) continue;
        out += before;
        text::write_line_word(out, key, text::kEscapedInKeys);
        out += '=';
        std::visit(WriteValue{out}, value);
        before = ',';
    }
    fmt::format_to(std::back_inserter(out), " {}\n", point.time());
}

std::string_view no_line_because(const pb::Point& point) {
    if (without_end(point.name()).empty()) return "it has no name";
    if (point.name().starts_with('#')) return "its name begins like a comment";
    for (const auto& [key, value] : point.fieldsdouble())
        if (!std::isfinite(value)) return "it holds a NaN or an infinity";
    const auto has_name = [](const auto& field) { return !without_end(field.first).empty(); };
    if (std::ranges::none_of(point.fieldsdouble(), has_name) && std::ranges::none_of(point.fieldsint(), has_name) &&
        std::ranges::none_of(point.fieldsbool(), has_name) && std::ranges::none_of(point.fieldsstring(), has_name))
        return "it has no fields";
    return {};
}

}  // namespace client
