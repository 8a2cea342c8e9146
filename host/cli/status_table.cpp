// SPDX-License-Identifier: MIT
#include "cli/status_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>
#include <utility>

#include "metrics/percentile.h"
#include "text/one_line.h"
#include "text/utf8.h"

namespace cli {
namespace {

enum Column : uint8_t {
    kPid,
    kAlgorithm,
    kTask,
    kNode,
    kState,
    kIn,
    kOut,
    kHalf,
    kMost,
    kDied,
    kSize,
    kMended,
    kColumns
};
constexpr std::array<const char*, kColumns> kHeads{"PID",   "ALGORITHM", "TASK", "NODE",     "STATE", "IN/s",
                                                   "OUT/s", "P50",       "P99",  "RESTARTS", "SIZE",  "MENDED"};
constexpr std::array kNames{kTask, kNode, kAlgorithm};        // become narrower
constexpr std::array kLeftOut{kNode, kSize, kMended, kHalf};  // where that is not enough; in this order
constexpr size_t kNarrowest = 9;                              // of a name
constexpr size_t kGap = 2, kIndent = 8;

using Cells = std::array<std::string, kColumns>;
struct Entry {
    Cells row;
    std::vector<std::string> below;
};

// From anybody, for a terminal.
std::string shown(std::string text) { return text::on_one_line(text::replace_bad_utf8(std::move(text))); }

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }
size_t width_of(std::string_view text) {
    return static_cast<size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string cut(const std::string& text, size_t width) {
    if (width_of(text) <= width) return text;
    std::string kept;
    size_t characters = 0;
    for (const char c : text) {
        if (begins_character(c) && ++characters > width - std::min<size_t>(width, 2)) break;
        kept += c;
    }
    return kept + "..";
}

std::string cut_to(size_t width, const std::string& line) { return width == 0 ? line : cut(line, width); }

std::string listed(const std::vector<std::pair<std::string, uint64_t>>& counts) {
    std::string text;
    for (const auto& [name, count] : counts)
        if (count != 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", shown(name), count);
    return text;
}

Entry entry_of(const std::vector<Instance>& before, const Instance& instance, const metrics::Session& session,
               std::chrono::system_clock::time_point time) {
    Entry entry;
    Cells& row = entry.row;
    row[kPid] = std::to_string(instance.process);
    row[kAlgorithm] = shown(session.algorithm);
    row[kTask] = shown(session.task);
    row[kNode] = shown(session.node);
    row[kState] = shown(session.state);
    const auto moved = pace(before, instance, session);
    if (moved) {
        row[kIn] = human_count(moved->received);
        row[kOut] = human_count(moved->sent);
    }
    const metrics::Histogram& calls = moved && moved->calls.count() != 0 ? moved->calls : session.handler;
    if (calls.count() != 0) {
        row[kHalf] = human_time(metrics::percentile(calls, 0.5));
        row[kMost] = human_time(metrics::percentile(calls, 0.99));
    }
    row[kDied] = std::to_string(std::accumulate(session.restarts.begin(), session.restarts.end(), uint64_t{0}));
    if (session.checkpoint) row[kSize] = human_bytes(session.checkpoint->bytes);
    uint64_t mended = 0;
    for (const auto& [rule, count] : session.guard) mended += count;
    row[kMended] = human_count(static_cast<double>(mended));
    for (std::string& field : row)
        if (field.empty()) field = "-";

    if (mended != 0) entry.below.push_back("mended: " + listed(session.guard));
    std::vector<std::pair<std::string, uint64_t>> causes;
    for (size_t i = 0; i < metrics::kCauses.size(); ++i) causes.emplace_back(metrics::kCauses[i], session.restarts[i]);
    if (const std::string text = listed(causes); !text.empty()) entry.below.push_back("restarts: " + text);
    if (const std::string text = listed({{"left out", session.quarantined}, {"dropped", session.dropped}});
        !text.empty())
        entry.below.push_back("lost: " + text);
    if (!session.last_error.empty()) {
        const auto age = std::chrono::duration_cast<std::chrono::seconds>(time - session.last_error_at);
        entry.below.push_back(fmt::format("last error, {} ago: {}", human_age(age), shown(session.last_error)));
    }
    return entry;
}

size_t total(const std::array<size_t, kColumns>& widths) {
    size_t sum = 0, columns = 0;
    for (const size_t width : widths)
        if (width != 0) sum += width, ++columns;
    return sum + kGap * (columns - 1);
}

std::array<size_t, kColumns> widths_of(const std::vector<Entry>& entries, size_t limit) {
    std::array<size_t, kColumns> widths{};
    for (size_t i = 0; i < kColumns; ++i) {
        widths[i] = width_of(kHeads[i]);
        for (const Entry& entry : entries) widths[i] = std::max(widths[i], width_of(entry.row[i]));
    }
    if (limit == 0) return widths;
    for (const Column name : kNames)
        if (const size_t all = total(widths); all > limit && widths[name] > kNarrowest)
            widths[name] = std::max(kNarrowest, widths[name] - std::min(all - limit, widths[name]));
    for (const Column column : kLeftOut)
        if (total(widths) > limit) widths[column] = 0;
    return widths;
}

std::string line_of(const Cells& row, const std::array<size_t, kColumns>& widths) {
    std::string line;
    for (size_t i = 0; i < kColumns; ++i) {
        if (widths[i] == 0) continue;
        const std::string text = cut(row[i], widths[i]);
        const std::string space(widths[i] - width_of(text), ' ');
        const bool is_number = i == kPid || i > kState;
        if (!line.empty()) line.append(kGap, ' ');
        line += is_number ? space + text : text + space;
    }
    return line.substr(0, line.find_last_not_of(' ') + 1);
}

const metrics::Session* find(const std::vector<Instance>& instances, const Instance& instance, uint64_t id,
                             std::chrono::steady_clock::time_point& at) {
    for (const Instance& other : instances) {
        if (other.process != instance.process || other.socket != instance.socket) continue;
        at = other.at;
        for (const metrics::Session& session : other.connections)
            if (session.id == id) return &session;
    }
    return nullptr;
}

}  // namespace

std::optional<Pace> pace(const std::vector<Instance>& before, const Instance& now, const metrics::Session& connection) {
    std::chrono::steady_clock::time_point at;
    const metrics::Session* const then = find(before, now, connection.id, at);
    const double seconds = std::chrono::duration<double>(now.at - at).count();
    if (then == nullptr || seconds <= 0) return {};
    const auto a_second = [seconds](uint64_t more, uint64_t less) {
        return more > less ? static_cast<double>(more - less) / seconds : 0.0;
    };
    return Pace{a_second(connection.in.points, then->in.points), a_second(connection.out.points, then->out.points),
                metrics::since(connection.handler, then->handler)};
}

std::string status_table(const std::vector<Instance>& before, const std::vector<Instance>& now, size_t width,
                         std::chrono::system_clock::time_point time) {
    std::vector<Entry> entries;
    std::string others;
    for (const Instance& instance : now) {
        for (const metrics::Session& session : instance.connections)
            entries.push_back(entry_of(before, instance, session, time));
        if (!instance.problem.empty())
            others += cut_to(width, fmt::format("{}: {}", instance.process, shown(instance.problem))) + '\n';
        else if (instance.connections.empty())
            others +=
                cut_to(width, fmt::format("{}: no connections ({})", instance.process, shown(instance.mode))) + '\n';
    }
    if (entries.empty()) return others;
    const auto widths = widths_of(entries, width);
    Cells heads;
    std::copy(kHeads.begin(), kHeads.end(), heads.begin());
    std::string table = cut_to(width, line_of(heads, widths)) + '\n';
    for (const Entry& entry : entries) {
        table += cut_to(width, line_of(entry.row, widths)) + '\n';
        for (const std::string& below : entry.below) table += cut_to(width, std::string(kIndent, ' ') + below) + '\n';
    }
    return table + others;
}

std::string human_count(double number) {
    constexpr std::array<const char*, 5> kUnits{"", "k", "M", "G", "T"};
    size_t unit = 0;
    // What would be rounded to 1000 is one of the next unit.
    for (; number >= (unit == 0 ? 999.5 : 999.95) && unit + 1 < kUnits.size(); ++unit) number /= 1000;
    if (unit != 0) return fmt::format("{:.1f}{}", number, kUnits[unit]);
    return number > 0 && number < 9.95 && number != static_cast<int>(number) ? fmt::format("{:.1f}", number)
                                                                             : fmt::format("{:.0f}", number);
}

std::string human_time(double seconds) {
    constexpr std::array<const char*, 3> kUnits{"us", "ms", "s"};
    double number = seconds * 1e6;
    size_t unit = 0;
    for (; number >= 999.5 && unit + 1 < kUnits.size(); ++unit) number /= 1000;
    return number < 9.95 ? fmt::format("{:.1f} {}", number, kUnits[unit])
                         : fmt::format("{:.0f} {}", number, kUnits[unit]);
}

std::string human_bytes(uint64_t bytes) {
    constexpr std::array<const char*, 4> kUnits{"KiB", "MiB", "GiB", "TiB"};
    if (bytes < 1024) return fmt::format("{} B", bytes);
    double number = static_cast<double>(bytes) / 1024;
    size_t unit = 0;
    for (; number >= 1023.95 && unit + 1 < kUnits.size(); ++unit) number /= 1024;
    return fmt::format("{:.1f} {}", number, kUnits[unit]);
}

std::string human_age(std::chrono::seconds age) {
    const int64_t seconds = std::max<int64_t>(age.count(), 0);
    if (seconds < 60) return fmt::format("{}s", seconds);
    if (seconds < 3600) return fmt::format("{}m", seconds / 60);
    if (seconds < 86400) return fmt::format("{}h", seconds / 3600);
    return fmt::format("{}d", seconds / 86400);
}

}  // namespace cli
