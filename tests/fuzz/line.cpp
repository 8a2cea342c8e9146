// SPDX-License-Identifier: MIT
//
// Line protocol: text in pieces of any size is cut into the same records as the text at once, in
// order and without loss. What parses, and any other point, is written as one record and is the
// same point when that is read, but for what line protocol has no way to say.
#include "client/line_protocol.h"

#include <google/protobuf/stubs/logging.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "client/line_reader.h"
#include "client/line_writer.h"
#include "fuzz/check.h"
#include "support/proto_points.h"

namespace {

using client::pb::Point;

struct Read {
    std::string text;
    size_t line;
    bool operator==(const Read&) const = default;
};

// As client/feed.h reads: a bad record costs its first line.
std::vector<Read> records(client::LineReader& reader, std::vector<Point>* points, client::Times times) {
    std::vector<Read> all;
    while (const auto record = reader.next()) {
        all.push_back({std::string(record->text), record->line});
        if (client::holds_no_point(record->text)) continue;
        const fuzz::Exactly text(record->text);
        Point point;
        if (const auto bad = client::parse_line(text.view(), times, point)) {
            FUZZ_CHECK(bad->column >= 1 && bad->column <= text.view().size() + 1);
            FUZZ_CHECK(!bad->reason.empty());
            reader.reread_from_second_line();
        } else if (points) {
            points->push_back(std::move(point));
        }
    }
    return all;
}

// A word as it is once it is written.
std::string bent(std::string word) {
    for (char& c : word)
        if (c == '\t' || c == '\r' || c == '\n') c = ' ';
    while (word.ends_with('\\')) word.pop_back();
    return word;
}

// The keys that are left of a point; where that makes two into one, nobody says whose value is left.
template <class... Maps>
std::set<std::string> bent_keys(bool& merged, const Maps&... maps) {
    std::set<std::string> keys;
    const auto add = [&](const auto& map) {
        for (const auto& [key, value] : map)
            if (!bent(key).empty()) merged |= !keys.insert(bent(key)).second;
    };
    (add(maps), ...);
    return keys;
}

// A point that a line can hold, with its words bent already.
Point written(const Point& point) {
    Point out;
    out.set_time(point.time());
    out.set_name(bent(point.name()));
    for (const auto& [key, value] : point.tags())
        if (!bent(key).empty() && !bent(value).empty()) (*out.mutable_tags())[bent(key)] = bent(value);
    const auto copy = [](const auto& from, auto* to) {
        for (const auto& [key, value] : from)
            if (!bent(key).empty()) (*to)[bent(key)] = value;
    };
    copy(point.fieldsdouble(), out.mutable_fieldsdouble());
    copy(point.fieldsint(), out.mutable_fieldsint());
    copy(point.fieldsbool(), out.mutable_fieldsbool());
    copy(point.fieldsstring(), out.mutable_fieldsstring());
    return out;
}

void check_round_trip(const Point& point) {
    std::string line;
    client::write_line(line, point);
    client::LineReader reader;
    reader.append(line);
    std::vector<Point> again;
    const auto read = records(reader, &again, {});
    FUZZ_CHECK(read.size() == 1 && again.size() == 1);
    FUZZ_CHECK(read[0].text + "\n" == line);
    bool merged = false;
    bent_keys(merged, point.tags());
    const auto fields =
        bent_keys(merged, point.fieldsdouble(), point.fieldsint(), point.fieldsbool(), point.fieldsstring());
    const Point& got = again[0];
    FUZZ_CHECK(bent_keys(merged, got.fieldsdouble(), got.fieldsint(), got.fieldsbool(), got.fieldsstring()) == fields);
    FUZZ_CHECK(merged || support::meaning(got) == support::meaning(written(point)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    FuzzedDataProvider input(data, size);
    const client::Times times{input.ConsumeBool() ? 1 : 1'000'000'000, input.ConsumeIntegral<int64_t>()};
    const bool is_point = input.ConsumeIntegralInRange<int>(0, 3) == 3;
    const size_t piece = input.ConsumeIntegralInRange<size_t>(1, 100);
    const std::string text = input.ConsumeRemainingBytesAsString();

    if (is_point) {
        Point point;
        const google::protobuf::LogSilencer quiet;
        if (point.ParseFromString(text) && client::no_line_because(point).empty()) check_round_trip(point);
        return 0;
    }
    std::vector<Point> points;
    client::LineReader whole;
    whole.append(text);
    whole.end();
    const auto expected = records(whole, &points, times);

    client::LineReader in_pieces;
    std::vector<Read> got;
    for (size_t at = 0; at < text.size(); at += piece) {
        in_pieces.append(std::string_view(text).substr(at, piece));
        for (Read& r : records(in_pieces, nullptr, times)) got.push_back(std::move(r));
    }
    in_pieces.end();
    for (Read& r : records(in_pieces, nullptr, times)) got.push_back(std::move(r));
    FUZZ_CHECK(got == expected);

    for (const Point& point : points) {
        FUZZ_CHECK(client::no_line_because(point).empty());
        check_round_trip(point);
    }
    return 0;
}
