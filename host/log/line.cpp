// SPDX-License-Identifier: MIT
#include "log/line.h"

#include <cstdint>
#include <cstring>

#include "log/writer.h"

namespace logging {
namespace {

// Of what a line may be: a sentence of half of it leaves room for the facts.
constexpr size_t kLongestMessage = kLongestLine / 2, kLongestName = 256, kLongestValue = kLongestLine / 2;

// Calls take(key, value, most) for each field that is not left out.
template <class Take>
void each_field(const Event& event, Take&& take) noexcept {
    const Field where[] = {
        {"algorithm", event.where.algorithm}, {"task", event.where.task}, {"node", event.where.node}};
    for (const Field& field : where)
        if (!field.value.is_left_out()) take(field.key, field.value, kLongestName);
    for (const Field& field : event.fields)
        if (!field.value.is_left_out()) take(field.key, field.value, kLongestValue);
}

// Of a key in front of its value, with the least that is of use of that.
bool has_room(const Writer& writer, std::string_view key) noexcept { return writer.room() >= key.size() + 40; }

void put_fields(Writer& writer, const Event& event) noexcept {
    each_field(event, [&writer](std::string_view key, const Value& value, size_t most) {
        if (!has_room(writer, key)) return;
        writer.put(" ");
        writer.put(key);
        writer.put("=");
        if (value.is_text())
            writer.put_value(value.text(), most);
        else
            writer.put_number(value);
    });
}

void put_json_begin(Writer& writer, std::string_view level, const timespec& now) noexcept {
    writer.put(R"({"time":")");
    writer.put_time(now);
    writer.put(R"(","level":")");
    writer.put(level);
    writer.put(R"(","message":)");
}

std::string_view render_json(const Event& event, const timespec& now, Line& into) noexcept {
    Writer writer(into);
    put_json_begin(writer, name_of(event.level), now);
    writer.put_json(event.message, kLongestMessage);
    each_field(event, [&writer](std::string_view key, const Value& value, size_t most) {
        if (!has_room(writer, key)) return;
        writer.put(",\"");
        writer.put(key);
        writer.put("\":");
        if (value.is_text())
            writer.put_json(value.text(), most);
        else if (value.kind() == Value::Kind::real && !(value.real() - value.real() == 0))  // JSON knows no NaN
            writer.put_json(value.real() != value.real() ? "nan" : value.real() > 0 ? "inf" : "-inf", most);
        else
            writer.put_number(value);
    });
    writer.close("}\n");
    return writer.written();
}

void put_journal_text(Writer& writer, std::string_view value) noexcept {
    constexpr size_t kLengths = 8 + 2;
    if (value.find('\n') == value.npos) {
        writer.put("=");
        writer.put_some(value);
        return writer.close("\n");
    }
    if (writer.room() < kLengths) return writer.close("=\n");
    value = value.substr(0, writer.room() - kLengths);
    char length[9] = "\n";  // and 64 bits, the lowest first
    for (int i = 0; i < 8; ++i) length[1 + i] = static_cast<char>(static_cast<uint64_t>(value.size()) >> (8 * i));
    writer.put({length, sizeof length});
    writer.put(value);
    writer.close("\n");
}

}  // namespace

std::string_view render(Format format, const Event& event, const timespec& now, Line& into) noexcept {
    if (format == Format::json) return render_json(event, now, into);
    Writer writer(into);
    writer.put("udf-host: ");
    writer.put(name_of(event.level));
    writer.put(": ");
    writer.put_message(event.message, kLongestMessage);
    put_fields(writer, event);
    writer.close("\n");
    return writer.written();
}

std::string_view render_datagram(const Event& event, Datagram& into) noexcept {
    constexpr std::string_view kPriorities[] = {"7", "6", "4", "3", "3"};
    Line line;
    Writer sentence(line);
    sentence.put_message(event.message, kLongestMessage);
    put_fields(sentence, event);

    Writer writer(into);
    writer.put("MESSAGE");
    put_journal_text(writer, sentence.written());
    writer.put("PRIORITY=");
    writer.put(kPriorities[static_cast<size_t>(event.level)]);
    writer.put("\nSYSLOG_IDENTIFIER=udf-host\n");
    each_field(event, [&writer](std::string_view key, const Value& value, size_t most) {
        if (!has_room(writer, key)) return;
        writer.put("UDF_HOST_");
        for (const char c : key) {
            const char upper = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
            writer.put({&upper, 1});
        }
        if (value.is_text()) {
            put_journal_text(writer, value.text().substr(0, most));
        } else {
            writer.put("=");
            writer.put_number(value);
            writer.close("\n");
        }
    });
    return writer.written();
}

std::string_view wrap_in_json(std::string_view text, const timespec& now, WrappedLine& into) noexcept {
    Writer writer(into);
    put_json_begin(writer, name_of(Level::info), now);
    writer.put_json(text, into.size());
    writer.put(R"(,"source":"stderr")");
    writer.close("}\n");
    return writer.written();
}

}  // namespace logging
