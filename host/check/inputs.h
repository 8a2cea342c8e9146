// SPDX-License-Identifier: MIT
//
// What plugins are fed: an ordinary stream, always the same for the same seed, and the unusual that a stream may hold.
#pragma once

#include <udf_plugin.h>

#include <string>
#include <vector>

#include "check/handler.h"
#include "check/records.h"

namespace check {

class Inputs {
public:
    // Points have the fields and tags that the options may name: each string in them is a field, or a tag where the
    // option's name says so.
    Inputs(const udf_algorithm& algorithm, const Uses& options);

    // `count` points of three groups, a second apart; for an algorithm that wants batches ten points a batch. Whole
    // numbers and halves, repeated values, zeros and a few far ones. Another seed has other groups and values.
    Input ordinary(size_t count, int seed = 0, size_t begin = 0) const;
    Point point(size_t index, int seed = 0) const;
    Batch batch(std::vector<Point> points) const;
    // Points or batches of one point each, as the algorithm wants.
    Input of(std::vector<Point> points) const;

    struct Unusual {
        const char* what;  // "a point without fields"
        Input input;
    };
    // Each is all that Kapacitor might send, however seldom.
    std::vector<Unusual> unusual_points() const;
    std::vector<Unusual> unusual_batches() const;

    const std::vector<std::string>& field_names() const noexcept { return fields_; }

private:
    const udf_algorithm& algorithm_;
    std::vector<std::string> fields_, tags_;
};

}  // namespace check
