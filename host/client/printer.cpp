// SPDX-License-Identifier: MIT
#include "client/printer.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "client/line_writer.h"
#include "client/point_parts.h"

namespace client {
namespace {

using Json = nlohmann::ordered_json;

class LinePrinter : public Printer {
public:
    explicit LinePrinter(OutputFile& out) : Printer(out) {}

private:
    void point(const pb::Point& point) override {
        std::string& text = out_.buffer();
        if (const auto reason = no_line_because(point); !reason.empty()) {
            // A newline in a string would end the comment.
            std::string line;
            write_line(line, point);
            line.pop_back();
            for (char& c : line)
                if (c == '\n') c = ' ';
            text += fmt::format("# no line protocol, {}: {}\n", reason, line);
            return;
        }
        write_line(text, point);
    }
};

Json tags_of(const TagMap& tags) {
    Json object = Json::object();
    for (const auto& [key, value] : sorted_tags(tags)) object[std::string(key)] = value;
    return object;
}

class JsonPrinter : public Printer {
public:
    explicit JsonPrinter(OutputFile& out) : Printer(out) {}

private:
    void begin(const pb::BeginBatch& batch) override {
        line({{"begin",
               {{"name", batch.name()},
                {"group", batch.group()},
                {"tags", tags_of(batch.tags())},
                {"size", batch.size()}}}});
    }
    void end(const pb::EndBatch& batch) override {
        line({{"end",
               {{"name", batch.name()},
                {"group", batch.group()},
                {"tags", tags_of(batch.tags())},
                {"tmax", batch.tmax()}}}});
    }
    void point(const pb::Point& point) override {
        Json fields = Json::object();
        for (const auto& [key, value] : sorted_fields(point))
            std::visit([&json = fields[std::string(key)]](const auto& plain) { json = plain; }, value);
        line({{"time", point.time()},
              {"name", point.name()},
              {"group", point.group()},
              {"tags", tags_of(point.tags())},
              {"fields", fields}});
    }
    void line(const Json& object) {
        out_.buffer() += object.dump(-1, ' ', false, Json::error_handler_t::replace);
        out_.buffer() += '\n';
    }
};

}  // namespace

void Printer::print(pb::Response&& response) {
    switch (response.message_case()) {
        case pb::Response::kBegin:
            batch_ = std::move(*response.mutable_begin());
            in_batch_ = true;
            begin(batch_);
            break;
        case pb::Response::kPoint: {
            pb::Point& emitted = *response.mutable_point();
            if (in_batch_) {
                emitted.set_name(batch_.name());
                for (const auto& [key, value] : batch_.tags()) emitted.mutable_tags()->insert({key, value});
            }
            point(emitted);
            break;
        }
        case pb::Response::kEnd:
            in_batch_ = false;
            end(response.end());
            break;
        default:
            break;
    }
    out_.room_left();
}

void Printer::flush() {
    drain();
    out_.flush();
}

std::unique_ptr<Printer> make_line_printer(OutputFile& out) { return std::make_unique<LinePrinter>(out); }

std::unique_ptr<Printer> make_json_printer(OutputFile& out) { return std::make_unique<JsonPrinter>(out); }

std::unique_ptr<Printer> make_printer(std::string_view format, OutputFile& out) {
    if (format == "line") return make_line_printer(out);
    if (format == "json") return make_json_printer(out);
    if (format == "table") return make_table_printer(out);
    throw std::invalid_argument(fmt::format("unknown output '{}': line, json or table", format));
}

}  // namespace client
