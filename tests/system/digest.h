// SPDX-License-Identifier: MIT
//
// A stream of points and batches as one number for each of its messages, equal where they mean the same:
// the order of the fields and tags of a point does not count. So that two long runs can be compared in
// full. One thread at a time.
#pragma once

#include <udf_plugin.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/decode.h"
#include "wire/frame.h"

class Digest {
public:
    using EachPoint = std::function<void(const udf::Point&)>;

    explicit Digest(EachPoint each = {}) : each_(std::move(each)) {}

    // A begin, point or end of a Request or Response. Throws where it is none.
    void add(const wire::Message& message) {
        meaning_.clear();
        put(static_cast<uint64_t>(message.kind));
        if (message.kind == wire::Kind::point)
            point(message.body);
        else
            header(message);
        of_each_.push_back(std::hash<std::string_view>()(meaning_));
    }
    // Frames, whole ones; what is no data is passed by.
    void add_frames(std::string_view frames) {
        while (!frames.empty()) {
            const wire::Split split = wire::split_frame(frames);
            if (split.status != wire::Split::whole) throw std::runtime_error("a frame that is not whole");
            const wire::Message message = wire::open_message(split.body);
            if (message.kind >= wire::Kind::begin) add(message);
            frames.remove_prefix(split.frame.size());
        }
    }

    const std::vector<uint64_t>& of_each() const noexcept { return of_each_; }

private:
    void put(uint64_t number) { meaning_.append(reinterpret_cast<const char*>(&number), sizeof number); }
    void put(udf_str text) {
        put(text.size);
        meaning_ += udf::view(text);
    }
    void put(const udf_tag& tag) {
        put(tag.key);
        put(tag.value);
    }
    void put(const udf_field& field) {
        put(field.name);
        put(field.value.type);
        if (field.value.type == UDF_STRING)
            put(udf_str{field.value.as.s, field.value.size});
        else
            put(field.value.type == UDF_DOUBLE ? std::bit_cast<uint64_t>(field.value.as.f)
                                               : static_cast<uint64_t>(field.value.as.i));
    }
    // In the order of their names.
    template <class T>
    void put_sorted(const T* items, size_t count, udf_str T::*name, std::vector<const T*>& sorted) {
        sorted.clear();
        for (size_t i = 0; i < count; ++i) sorted.push_back(items + i);
        std::ranges::sort(sorted, {}, [name](const T* item) { return udf::view(item->*name); });
        put(count);
        for (const T* item : sorted) put(*item);
    }

    void point(std::string_view body) {
        run_.clear();
        if (!run_.add(body, 0)) throw std::runtime_error("a point that cannot be decoded");
        const udf_point& p = run_.points().front();
        put(static_cast<uint64_t>(p.time));
        for (const udf_str& text : {p.name, p.database, p.retention_policy, p.group}) put(text);
        put(p.by_name);
        put(p.dimension_count);
        for (size_t i = 0; i < p.dimension_count; ++i) put(p.dimensions[i]);
        put_sorted(p.tags, p.tag_count, &udf_tag::key, sorted_tags_);
        put_sorted(p.fields, p.field_count, &udf_field::name, sorted_fields_);
        if (each_) each_(static_cast<const udf::Point&>(p));
    }

    void header(const wire::Message& message) {
        const bool begins = message.kind == wire::Kind::begin;
        if (!(begins ? wire::decode_begin(message.body, header_) : wire::decode_end(message.body, header_)))
            throw std::runtime_error("the begin or end of a batch that cannot be decoded");
        const udf_batch& b = header_.batch;
        put(begins ? b.point_count : static_cast<uint64_t>(b.tmax));
        put(b.name);
        put(b.group);
        put(b.by_name);
        put_sorted(b.tags, b.tag_count, &udf_tag::key, sorted_tags_);
    }

    const EachPoint each_;
    std::vector<uint64_t> of_each_;
    std::string meaning_;  // of the message at hand
    wire::PointRun run_;
    wire::BatchHeader header_;
    std::vector<const udf_tag*> sorted_tags_;
    std::vector<const udf_field*> sorted_fields_;
};

// Where two streams first differ, and how. Empty where they are equal.
inline std::string first_difference(const std::vector<uint64_t>& expected, const std::vector<uint64_t>& actual) {
    const auto [e, a] = std::ranges::mismatch(expected, actual);
    if (e == expected.end() && a == actual.end()) return {};
    const auto at = static_cast<size_t>(e - expected.begin());
    // How many of one side stand in front of where the other goes on; 0 where it does not.
    const auto until = [](auto from, auto end, auto other, auto other_end) {
        if (other == other_end) return end - from;
        const auto found = std::find(from, end, *other);
        return found == end ? 0 : found - from;
    };
    const auto missing = until(e, expected.end(), a, actual.end());
    const auto extra = until(a, actual.end(), e, expected.end());
    std::string how = "message " + std::to_string(at) + " of " + std::to_string(actual.size()) + ", where " +
                      std::to_string(expected.size()) + " are expected";
    if (missing > 0) how += "; " + std::to_string(missing) + " are missing here";
    if (extra > 0) how += "; " + std::to_string(extra) + " are too many here";
    return how;
}
