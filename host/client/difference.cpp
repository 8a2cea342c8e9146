// SPDX-License-Identifier: MIT
#include "client/difference.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <map>
#include <optional>
#include <string_view>

#include "client/message_text.h"
#include "client/point_parts.h"

namespace client {
namespace {

class Differences {
public:
    std::vector<std::string> lines;

    void text(std::string_view what, const std::string& recorded, const std::string& now) {
        if (recorded != now) add(what, "'" + recorded + "'", "'" + now + "'");
    }
    void number(std::string_view what, int64_t recorded, int64_t now) {
        if (recorded != now) add(what, fmt::format("{}", recorded), fmt::format("{}", now));
    }
    void truth(std::string_view what, bool recorded, bool now) {
        if (recorded != now) add(what, fmt::format("{}", recorded), fmt::format("{}", now));
    }
    void tags(const TagMap& recorded, const TagMap& now) {
        std::map<std::string_view, std::pair<std::optional<std::string>, std::optional<std::string>>> all;
        for (const auto& [key, value] : recorded) all[key].first = "'" + value + "'";
        for (const auto& [key, value] : now) all[key].second = "'" + value + "'";
        for (const auto& [key, values] : all)
            if (values.first != values.second) either("tag", key, values.first, values.second);
    }
    void fields(const pb::Point& recorded, const pb::Point& now) {
        std::map<std::string_view, std::pair<std::optional<Value>, std::optional<Value>>> all;
        for (const auto& [name, value] : sorted_fields(recorded)) all[name].first = value;
        for (const auto& [name, value] : sorted_fields(now)) all[name].second = value;
        const auto text = [](const std::optional<Value>& value) {
            return value ? std::optional(text_of(*value)) : std::nullopt;
        };
        for (const auto& [name, values] : all)
            if (!same(values.first, values.second)) either("field", name, text(values.first), text(values.second));
    }

private:
    void add(std::string_view what, const std::string& recorded, const std::string& now) {
        lines.push_back(fmt::format("{}: {}, now {}", what, recorded, now));
    }
    void either(std::string_view what, std::string_view name, const std::optional<std::string>& recorded,
                const std::optional<std::string>& now) {
        add(fmt::format("{} {}", what, name), recorded.value_or("none"), now.value_or("none"));
    }
    static bool same(const std::optional<Value>& a, const std::optional<Value>& b) {
        if (!a || !b) return !a && !b;
        const auto is_nan = [](const Value& v) {
            const double* const number = std::get_if<double>(&v);
            return number != nullptr && std::isnan(*number);
        };
        return *a == *b || (is_nan(*a) && is_nan(*b));
    }
};

std::vector<std::string> of_points(const pb::Point& recorded, const pb::Point& now) {
    Differences found;
    found.number("time", recorded.time(), now.time());
    found.text("name", recorded.name(), now.name());
    found.text("database", recorded.database(), now.database());
    found.text("retention policy", recorded.retentionpolicy(), now.retentionpolicy());
    found.text("group", recorded.group(), now.group());
    found.text("dimensions", fmt::format("{}", fmt::join(recorded.dimensions(), ", ")),
               fmt::format("{}", fmt::join(now.dimensions(), ", ")));
    found.truth("byName", recorded.byname(), now.byname());
    found.tags(recorded.tags(), now.tags());
    found.fields(recorded, now);
    return found.lines;
}

template <class Header>
void of_headers(Differences& found, const Header& recorded, const Header& now) {
    found.text("name", recorded.name(), now.name());
    found.text("group", recorded.group(), now.group());
    found.truth("byName", recorded.byname(), now.byname());
    found.tags(recorded.tags(), now.tags());
}

template <class Answer>
void of_answers(Differences& found, const Answer& recorded, const Answer& now) {
    found.truth("success", recorded.success(), now.success());
    found.text("error", recorded.error(), now.error());
}

void of_infos(Differences& found, const pb::InfoResponse& recorded, const pb::InfoResponse& now) {
    found.text("wants", pb::EdgeType_Name(recorded.wants()), pb::EdgeType_Name(now.wants()));
    found.text("provides", pb::EdgeType_Name(recorded.provides()), pb::EdgeType_Name(now.provides()));
    found.text("options", text_of(recorded.options()), text_of(now.options()));
}

}  // namespace

std::vector<std::string> differences(const pb::Response& recorded, const pb::Response& now) {
    Differences found;
    if (recorded.message_case() != now.message_case()) return {"it is a message of another kind"};
    switch (recorded.message_case()) {
        case pb::Response::kPoint:
            return of_points(recorded.point(), now.point());
        case pb::Response::kBegin:
            of_headers(found, recorded.begin(), now.begin());
            break;
        case pb::Response::kEnd:
            of_headers(found, recorded.end(), now.end());
            found.number("tmax", recorded.end().tmax(), now.end().tmax());
            break;
        case pb::Response::kInfo:
            of_infos(found, recorded.info(), now.info());
            break;
        case pb::Response::kInit:
            of_answers(found, recorded.init(), now.init());
            break;
        case pb::Response::kRestore:
            of_answers(found, recorded.restore(), now.restore());
            break;
        case pb::Response::kSnapshot:
            found.truth("has a state", !recorded.snapshot().snapshot().empty(), !now.snapshot().snapshot().empty());
            break;
        case pb::Response::kError:
            found.text("error", recorded.error().error(), now.error().error());
            break;
        default:
            break;
    }
    return found.lines;
}

}  // namespace client
