// SPDX-License-Identifier: MIT
//
// Where mended copies live: from one check to the next. Keeps its memory.
#pragma once

#include <udf_plugin.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "wire/arena.h"

namespace guard {

class Memory {
public:
    void clear() noexcept {
        if (!used_) return;
        used_ = false;
        text_.clear();
        fields_.clear();
        tags_.clear();
        strings_.clear();
        points_.clear();
    }

    udf_str keep(std::string_view text) { return {keep(text_, std::span(text)).data(), text.size()}; }
    std::span<udf_field> keep(std::span<const udf_field> fields) { return keep(fields_, fields); }
    std::span<udf_tag> keep(std::span<const udf_tag> tags) { return keep(tags_, tags); }
    std::span<udf_str> keep(std::span<const udf_str> strings) { return keep(strings_, strings); }

    // The points that leave in the place of others, in order.
    std::vector<udf_point>& points() noexcept {
        used_ = true;
        return points_;
    }

private:
    template <class T>
    std::span<T> keep(wire::Arena<T>& arena, std::span<const T> items) {
        used_ = true;
        T* const to = arena.room(items.size());
        std::copy(items.begin(), items.end(), to);
        arena.commit(to + items.size());
        return {to, items.size()};
    }

    wire::Arena<char> text_;
    wire::Arena<udf_field> fields_;
    wire::Arena<udf_tag> tags_;
    wire::Arena<udf_str> strings_;
    std::vector<udf_point> points_;
    bool used_ = false;
};

}  // namespace guard
