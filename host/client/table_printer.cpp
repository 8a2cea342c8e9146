// SPDX-License-Identifier: MIT
//
// Points as tables, one for each measurement. Rows are held back so that columns can be as wide as
// what stands in them, until there are many or the printer is flushed. A table goes on under its
// header for as long as no other was printed and the columns still fit.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "client/point_parts.h"
#include "client/printer.h"
#include "text/rfc3339.h"
#include "text/utf8.h"

namespace client {
namespace {

constexpr size_t kRowsHeld = 2000;

std::string time_text(int64_t ns) {
    return text::rfc3339(std::chrono::system_clock::time_point(std::chrono::nanoseconds(ns)));
}

struct ValueText {
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(double value) const { return fmt::format("{}", value); }
    std::string operator()(int64_t value) const { return fmt::format("{}", value); }
    std::string operator()(std::string_view value) const { return std::string(value); }
};

// Characters on the screen, near enough: code points. Control characters would break the rows.
size_t width_of(const std::string& text) {
    return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}
std::string printable(std::string text) {
    if (text::find_bad_utf8(text) != text.npos)
        for (char& c : text)
            if (c & 0x80) c = '?';
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return text;
}

class Table {
public:
    void add(const pb::Point& point) {
        std::vector<std::string>& row = rows_.emplace_back(columns_.size());
        put(row, {0, "time"}, time_text(point.time()), false);
        for (const auto& [key, value] : sorted_tags(point.tags()))
            put(row, {1, std::string(key)}, std::string(value), false);
        for (const auto& [key, value] : sorted_fields(point))
            put(row, {2, std::string(key)}, std::visit(ValueText(), value),
                !std::holds_alternative<std::string_view>(value));
    }

    bool holds_rows() const { return !rows_.empty(); }
    bool fits_last_header() const { return !outgrown_; }

    void write_header(std::string& out) {
        std::vector<std::string> titles(columns_.size());
        for (const auto& [key, column] : columns_) titles[column.index] = printable(key.second);
        write_row(out, titles);
        outgrown_ = false;
    }
    void write_rows(std::string& out) {
        for (const auto& row : rows_) write_row(out, row);
        rows_.clear();
    }

private:
    using Key = std::pair<int, std::string>;  // time, then tags, then fields, each by name
    struct Column {
        size_t index;  // in the rows
        size_t width;
        bool number;
    };

    void put(std::vector<std::string>& row, Key key, std::string text, bool number) {
        text = printable(std::move(text));
        const size_t title = width_of(key.second);
        const auto [found, is_new] = columns_.try_emplace(std::move(key), Column{columns_.size(), title, number});
        Column& column = found->second;
        if (is_new) row.resize(columns_.size());
        const size_t width = width_of(text);
        outgrown_ |= is_new || width > column.width;
        column.width = std::max(column.width, width);
        column.number &= number;
        row[column.index] = std::move(text);
    }

    void write_row(std::string& out, const std::vector<std::string>& row) const {
        const size_t start = out.size();
        for (const auto& [key, column] : columns_) {
            if (out.size() > start) out += "  ";
            static const std::string nothing;
            const std::string& text = column.index < row.size() ? row[column.index] : nothing;
            const std::string gap(column.width - width_of(text), ' ');
            out += column.number ? gap + text : text + gap;
        }
        out.erase(out.find_last_not_of(' ') + 1);
        out += '\n';
    }

    std::map<Key, Column> columns_;
    std::vector<std::vector<std::string>> rows_;
    bool outgrown_ = true;  // the columns are not those of the last header
};

class TablePrinter : public Printer {
public:
    explicit TablePrinter(OutputFile& out) : Printer(out) {}

private:
    void point(const pb::Point& point) override {
        tables_[point.name()].add(point);
        if (++rows_held_ >= kRowsHeld) drain();
    }
    void drain() override {
        rows_held_ = 0;
        std::string& text = out_.buffer();
        for (auto& [name, table] : tables_) {
            if (!table.holds_rows()) continue;
            if (last_ != &name || !table.fits_last_header()) {
                text += fmt::format("{}{}\n", last_ ? "\n" : "", printable(name));
                table.write_header(text);
                last_ = &name;
            }
            table.write_rows(text);
        }
    }

    std::map<std::string, Table> tables_;
    const std::string* last_ = nullptr;  // the key of the table printed last
    size_t rows_held_ = 0;
};

}  // namespace

std::unique_ptr<Printer> make_table_printer(OutputFile& out) { return std::make_unique<TablePrinter>(out); }

}  // namespace client
