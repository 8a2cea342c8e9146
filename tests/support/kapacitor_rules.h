// SPDX-License-Identifier: MIT
//
// What Kapacitor can bear, as a check of everything that a UDF has written: the rows of packaging/guard.md, told by
// protobuf's own code. Holds the guard, and whoever is behind it, from the outside.
#pragma once

#include <udf.pb.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "wire/frame.h"

namespace support {

class KapacitorRules {
public:
    explicit KapacitorRules(uint64_t batch_limit = 10'000'000) : batch_limit_(batch_limit) {}

    // The first row that `stream`, whole responses, breaks, and how: "C8: ...". Empty where all is well.
    std::string first_violation(std::string_view stream) {
        while (!stream.empty() && violation_.empty()) {
            const wire::Split split = wire::split_frame(stream);
            if (split.status != wire::Split::whole) return "K4: a frame that is not whole, or too long";
            frame(split.body);
            stream.remove_prefix(split.frame.size());
        }
        if (violation_.empty() && in_batch_) broken("K7", "a batch that does not end");
        return violation_;
    }

    // For a stream too long to be kept: its frames, one after another, before first_violation is asked about
    // the rest.
    void frame(std::string_view body) {
        Response response;
        if (body.empty()) return broken("K1", "an empty frame");
        if (!response.ParseFromArray(body.data(), static_cast<int>(body.size())))
            return broken("E3", "a message that cannot be parsed, as where a string is not UTF-8");
        switch (response.message_case()) {
            case Response::MESSAGE_NOT_SET:
                return broken("K1", "a response without a message");
            case Response::kBegin:
                return begin(response.begin());
            case Response::kPoint:
                return point(response.point());
            case Response::kEnd:
                return end(response.end());
            default:
                break;
        }
    }

private:
    using Response = kapacitor::udf::Response;
    enum Type : uint8_t { kBool, kInt, kDouble, kString };

    void broken(const char* row, const std::string& how) {
        if (violation_.empty()) violation_ = std::string(row) + ": " + how;
    }

    void begin(const kapacitor::udf::BeginBatch& begin) {
        if (in_batch_) broken("C3", "a batch inside a batch");
        if (begin.size() < 0 || static_cast<uint64_t>(begin.size()) > batch_limit_)
            broken("K3", "a size of " + std::to_string(begin.size()));
        name("the name of a batch", begin.name());
        tags(begin.tags());
        in_batch_ = true;
        begin_ = begin;
        points_ = 0;
        last_ = INT64_MIN;
    }

    void end(const kapacitor::udf::EndBatch& end) {
        if (!in_batch_) return broken("K2", "the end of no batch");
        in_batch_ = false;
        if (begin_.size() != 0 && begin_.size() != points_) broken("K3", "a size that is not the number of points");
        if (points_ > 0 && end.tmax() < last_) broken("C9", "a tmax before the last point");
        const auto map = [](const auto& tags) { return std::map<std::string, std::string>(tags.begin(), tags.end()); };
        if (end.name() != begin_.name() || end.group() != begin_.group() || map(end.tags()) != map(begin_.tags()))
            broken("C2", "a batch that ends as another one than it began");
    }

    void point(const kapacitor::udf::Point& p) {
        if (in_batch_) {
            last_ = std::max(last_, p.time());
            if (static_cast<uint64_t>(++points_) > batch_limit_) broken("K7", "too many points in a batch");
        } else if (p.name().empty()) {
            broken("C6", "a point without a name");
        }
        const std::string& measurement = in_batch_ ? begin_.name() : p.name();
        name("a name", p.name());
        tags(p.tags());
        std::set<std::string> names;
        fields(measurement, p.fieldsbool(), kBool, names);
        fields(measurement, p.fieldsint(), kInt, names);
        fields(measurement, p.fieldsdouble(), kDouble, names);
        fields(measurement, p.fieldsstring(), kString, names);
        if (names.empty()) broken("C6", "a point without fields");
        for (const auto& [key, value] : p.fieldsdouble())
            if (!std::isfinite(value)) broken("C8", "field '" + key + "' is not finite");
    }

    template <class Map>
    void fields(const std::string& measurement, const Map& map, Type type, std::set<std::string>& names) {
        for (const auto& entry : map) {
            const std::string& key = entry.first;
            if (key.empty()) broken("C6", "a field without a name");
            if (!names.insert(key).second) broken("C5", "two values for field '" + key + "'");
            name("the name of a field", key);
            const auto [known, is_new] = types_.try_emplace({measurement, key}, type);
            if (known->second == kInt && type == kDouble) known->second = kDouble;
            if (known->second != type) broken("C11", "another type of field '" + key + "'");
        }
    }

    template <class Map>
    void tags(const Map& map) {
        for (const auto& [key, value] : map) {
            if (key.empty()) broken("C6", "a tag without a key");
            name("the key of a tag", key);
            name("the value of a tag", value);
        }
    }

    void name(const char* what, const std::string& text) {
        if (text.find_first_of("\r\n") != text.npos) broken("C12", std::string("a line break in ") + what);
    }

    const uint64_t batch_limit_;
    std::string violation_;
    bool in_batch_ = false;
    kapacitor::udf::BeginBatch begin_;
    int64_t points_ = 0, last_ = 0;
    std::map<std::pair<std::string, std::string>, Type> types_;
};

}  // namespace support
