// SPDX-License-Identifier: MIT
#include "client/message_json.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <string>

#include "client/point_parts.h"

namespace client {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(fmt::format("{}", value)); }

Json tags_json(const TagMap& tags) {
    Json object = Json::object();
    for (const auto& [key, value] : sorted_tags(tags)) object[std::string(key)] = value;
    return object;
}

struct ValueJson {
    Json operator()(double value) const { return number(value); }
    template <class Plain>
    Json operator()(const Plain& value) const {
        return value;
    }
};

Json json_of(const pb::Point& point) {
    Json dimensions = Json::array(), fields = Json::object();
    for (const std::string& dimension : point.dimensions()) dimensions.push_back(dimension);
    for (const auto& [name, value] : sorted_fields(point)) fields[std::string(name)] = std::visit(ValueJson(), value);
    return {{"time", point.time()},         {"name", point.name()},
            {"database", point.database()}, {"retentionPolicy", point.retentionpolicy()},
            {"group", point.group()},       {"dimensions", std::move(dimensions)},
            {"byName", point.byname()},     {"tags", tags_json(point.tags())},
            {"fields", std::move(fields)}};
}

Json json_of(const pb::BeginBatch& begin) {
    return {{"name", begin.name()},
            {"group", begin.group()},
            {"byName", begin.byname()},
            {"tags", tags_json(begin.tags())},
            {"size", begin.size()}};
}

Json json_of(const pb::EndBatch& end) {
    return {{"name", end.name()},
            {"group", end.group()},
            {"byName", end.byname()},
            {"tags", tags_json(end.tags())},
            {"tmax", end.tmax()}};
}

Json json_of(const pb::OptionValue& value) {
    switch (value.type()) {
        case pb::BOOL:
            return {{"bool", value.boolvalue()}};
        case pb::INT:
            return {{"int", value.intvalue()}};
        case pb::DOUBLE:
            return {{"double", number(value.doublevalue())}};
        case pb::DURATION:
            return {{"duration", value.durationvalue()}};
        default:
            return {{"string", value.stringvalue()}};
    }
}

Json json_of(const pb::InitRequest& init) {
    Json options = Json::array();
    for (const pb::Option& option : init.options()) {
        Json values = Json::array();
        for (const pb::OptionValue& value : option.values()) values.push_back(json_of(value));
        options.push_back({{"name", option.name()}, {"values", std::move(values)}});
    }
    return {{"taskID", init.taskid()}, {"nodeID", init.nodeid()}, {"options", std::move(options)}};
}

Json json_of(const pb::InfoResponse& info) {
    std::map<std::string, Json> sorted;
    for (const auto& [name, option] : info.options()) {
        Json& types = sorted[name] = Json::array();
        for (const int type : option.valuetypes())
            types.push_back(pb::ValueType_Name(static_cast<pb::ValueType>(type)));
    }
    Json options = Json::object();
    for (auto& [name, types] : sorted) options[name] = std::move(types);
    return {{"wants", pb::EdgeType_Name(info.wants())},
            {"provides", pb::EdgeType_Name(info.provides())},
            {"options", std::move(options)}};
}

template <class Answer>
Json success(const Answer& answer) {
    return {{"success", answer.success()}, {"error", answer.error()}};
}

template <class Message>
Json with_name(const char* name, const Message& content) {
    Json object = Json::object();
    object[name] = content;
    return object;
}

}  // namespace

Json json_of(const pb::Request& request) {
    switch (request.message_case()) {
        case pb::Request::kInfo:
            return with_name("info", Json::object());
        case pb::Request::kInit:
            return with_name("init", json_of(request.init()));
        case pb::Request::kKeepalive:
            return with_name("keepalive", Json{{"time", request.keepalive().time()}});
        case pb::Request::kSnapshot:
            return with_name("snapshot", Json::object());
        case pb::Request::kRestore:
            return with_name("restore", Json{{"bytes", request.restore().snapshot().size()}});
        case pb::Request::kBegin:
            return with_name("begin", json_of(request.begin()));
        case pb::Request::kPoint:
            return with_name("point", json_of(request.point()));
        case pb::Request::kEnd:
            return with_name("end", json_of(request.end()));
        default:
            return with_name("unknown", Json::object());
    }
}

Json json_of(const pb::Response& response) {
    switch (response.message_case()) {
        case pb::Response::kInfo:
            return with_name("info", json_of(response.info()));
        case pb::Response::kInit:
            return with_name("init", success(response.init()));
        case pb::Response::kKeepalive:
            return with_name("keepalive", Json{{"time", response.keepalive().time()}});
        case pb::Response::kSnapshot:
            return with_name("snapshot", Json{{"bytes", response.snapshot().snapshot().size()}});
        case pb::Response::kRestore:
            return with_name("restore", success(response.restore()));
        case pb::Response::kError:
            return with_name("error", Json{{"error", response.error().error()}});
        case pb::Response::kBegin:
            return with_name("begin", json_of(response.begin()));
        case pb::Response::kPoint:
            return with_name("point", json_of(response.point()));
        case pb::Response::kEnd:
            return with_name("end", json_of(response.end()));
        default:
            return with_name("unknown", Json::object());
    }
}

}  // namespace client
