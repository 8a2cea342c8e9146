// SPDX-License-Identifier: MIT
#include "client/message_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "client/line_writer.h"
#include "text/duration.h"
#include "text/one_line.h"

namespace client {
namespace {

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    return text;
}

const char* edge(pb::EdgeType type) { return type == pb::BATCH ? "batch" : "stream"; }

std::string text_of(const pb::OptionValue& value) {
    switch (value.type()) {
        case pb::BOOL:
            return value.boolvalue() ? "TRUE" : "FALSE";
        case pb::INT:
            return fmt::format("{}", value.intvalue());
        case pb::DOUBLE:
            return fmt::format("{}", value.doublevalue());
        case pb::DURATION:
            return text::format_duration(value.durationvalue());
        default:
            return fmt::format("'{}'", value.stringvalue());
    }
}

std::string text_of(const pb::Option& option) {
    std::string values;
    for (const pb::OptionValue& value : option.values()) values += (values.empty() ? "" : ", ") + text_of(value);
    return fmt::format("{}({})", option.name(), values);
}

std::string text_of(const pb::InitRequest& init) {
    std::string text = fmt::format("init, task {}, node {}:", init.taskid(), init.nodeid());
    for (const pb::Option& option : init.options()) text += " " + text_of(option);
    return text;
}

std::string tags_text(const TagMap& tags) {
    std::string text;
    for (const auto& [key, value] : sorted_tags(tags)) text += fmt::format(",{}={}", key, value);
    return text;
}

std::string text_of(const pb::BeginBatch& begin) {
    return fmt::format("begin {}{}, group '{}', size {}", begin.name(), tags_text(begin.tags()), begin.group(),
                       begin.size());
}

std::string text_of(const pb::EndBatch& end) {
    return fmt::format("end {}{}, group '{}', tmax {}", end.name(), tags_text(end.tags()), end.group(), end.tmax());
}

std::string success_text(const char* what, bool success, const std::string& error) {
    return success ? fmt::format("{}: success", what) : fmt::format("{}: failure: {}", what, error);
}

std::string words_of(const pb::Request& request) {
    switch (request.message_case()) {
        case pb::Request::kInfo:
            return "info";
        case pb::Request::kInit:
            return text_of(request.init());
        case pb::Request::kKeepalive:
            return fmt::format("keepalive {}", request.keepalive().time());
        case pb::Request::kSnapshot:
            return "snapshot";
        case pb::Request::kRestore:
            return fmt::format("restore, {} bytes", request.restore().snapshot().size());
        case pb::Request::kBegin:
            return text_of(request.begin());
        case pb::Request::kPoint:
            return line_of(request.point());
        case pb::Request::kEnd:
            return text_of(request.end());
        default:
            return "a message of an unknown kind";
    }
}

std::string words_of(const pb::Response& response) {
    switch (response.message_case()) {
        case pb::Response::kInfo:
            return fmt::format("info: {} to {}, options: {}", edge(response.info().wants()),
                               edge(response.info().provides()), client::text_of(response.info().options()));
        case pb::Response::kInit:
            return success_text("init", response.init().success(), response.init().error());
        case pb::Response::kKeepalive:
            return fmt::format("keepalive {}", response.keepalive().time());
        case pb::Response::kSnapshot:
            return fmt::format("snapshot, {} bytes", response.snapshot().snapshot().size());
        case pb::Response::kRestore:
            return success_text("restore", response.restore().success(), response.restore().error());
        case pb::Response::kError:
            return "error: " + response.error().error();
        case pb::Response::kBegin:
            return text_of(response.begin());
        case pb::Response::kPoint:
            return line_of(response.point());
        case pb::Response::kEnd:
            return text_of(response.end());
        default:
            return "a message of an unknown kind";
    }
}

}  // namespace

std::string line_of(const pb::Point& point, const pb::BeginBatch* batch) {
    if (batch != nullptr) {
        pb::Point whole = point;
        whole.set_name(batch->name());
        for (const auto& [key, value] : batch->tags()) whole.mutable_tags()->insert({key, value});
        return line_of(whole);
    }
    std::string line;
    write_line(line, point);
    line.pop_back();
    const std::string_view reason = no_line_because(point);
    return reason.empty() ? line
                          : fmt::format("# no line protocol, {}: {}", reason, text::on_one_line(std::move(line)));
}

std::string text_of(const pb::Request& request) { return text::on_one_line(words_of(request)); }
std::string text_of(const pb::Response& response) { return text::on_one_line(words_of(response)); }

std::string text_of(const Value& value) {
    struct Write {
        std::string operator()(bool v) const { return v ? "true" : "false"; }
        std::string operator()(double v) const { return fmt::format("{}", v); }
        std::string operator()(int64_t v) const { return fmt::format("{}i", v); }
        std::string operator()(std::string_view v) const { return fmt::format("\"{}\"", v); }
    };
    return text::on_one_line(std::visit(Write(), value));
}

std::string text_of(const google::protobuf::Map<std::string, pb::OptionInfo>& options) {
    std::map<std::string, std::string> sorted;
    for (const auto& [name, option] : options) {
        std::string& types = sorted[name];
        for (const int type : option.valuetypes())
            types += (types.empty() ? "" : ", ") + lower(pb::ValueType_Name(static_cast<pb::ValueType>(type)));
    }
    std::string text;
    for (const auto& [name, types] : sorted) text += fmt::format("{}{}({})", text.empty() ? "" : " ", name, types);
    return text;
}

}  // namespace client
