// SPDX-License-Identifier: MIT
//
// Points and batches that own what they hold: as checks make them, and as they keep what a plugin has emitted.
#pragma once

#include <udf_plugin.h>

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace check {

using Value = std::variant<double, int64_t, bool, std::string>;
using Fields = std::vector<std::pair<std::string, Value>>;
using Tags = std::vector<std::pair<std::string, std::string>>;

struct Point {
    int64_t time = 0;
    Fields fields = {};
    Tags tags = {};
    std::vector<std::string> dimensions = {};
    bool by_name = false;
    std::string group = {}, name = {}, database = {}, retention_policy = {};
};

struct Batch {
    std::string name = {}, group = {};
    Tags tags = {};
    bool by_name = false;
    int64_t tmax = 0;
    std::vector<Point> points = {};
};

// What a handler is fed: points where its algorithm wants a stream, else batches.
struct Input {
    std::vector<Point> points = {};
    std::vector<Batch> batches = {};
};

// What a handler has emitted, in order. Fields and tags are sorted by name: their order means nothing.
struct Emitted {
    std::vector<Point> points = {};
    std::vector<Batch> batches = {};

    size_t size() const noexcept { return points.size() + batches.size(); }
};

Point copy(const udf_point& point);
Batch copy(const udf_batch& batch);

// In what the second differs from the first, for people: "point 3 has field 'avg' = 2, not 1.5". Empty where they are
// the same; one NaN is as good as another.
std::string difference(const Emitted& expected, const Emitted& other);

}  // namespace check
