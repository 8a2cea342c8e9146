// SPDX-License-Identifier: MIT
//
// Which group a point belongs to that an algorithm built from nothing, and what it lacks of it: name, database,
// retention policy, dimensions and their tags. Looked for in the run that the algorithm was given; and, as it may
// emit much later, in a table of groups that is kept from the first such point on.
#pragma once

#include <udf_plugin.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "guard/memory.h"
#include "wire/decode.h"

namespace guard {

class Heads {
public:
    static constexpr size_t kMostGroups = 100'000;

    bool learns() const noexcept { return learns_; }
    // From now on see() is to get all input; `run` is the first.
    void learn(const wire::PointRun& run);
    void see(std::span<const udf_point> points);

    // The point to inherit from. Null where there is none.
    struct Head {
        const udf_point* point = nullptr;
        bool of_group = false;  // it is of the same group: else only the name, database and policy are its
        bool in_run = false;    // it came just now
    };
    Head find(const udf_point& point, const wire::PointRun& run);
    // The same for the group of a batch.
    Head find(udf_str group, const wire::PointRun& run);

private:
    struct Kept {
        explicit Kept(const udf_point& point);
        std::string text;
        std::vector<udf_str> dimensions;
        std::vector<udf_tag> tags;  // those that dimensions name
        udf_point point{};
    };
    struct Hash {
        using is_transparent = void;
        size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
    };

    void see(const udf_point& point);

    bool learns_ = false;
    // What holds of all input since it learns. Once false it stays so, for what a point gets must not depend on what
    // happened to come in one run.
    bool one_group_ = true, one_name_ = true;
    std::unordered_map<std::string, Kept, Hash, std::equal_to<>> groups_;
    size_t text_size_ = 0;
    const udf_point* last_ = nullptr;  // seen, in groups_
    size_t hint_ = 0;                  // where in a run the last one was found: algorithms emit in order
};

// A copy of `point` with what it lacks, from `head`; a new array of tags is in `memory`. Bitwise the same where it
// lacks nothing.
udf_point inherit(const udf_point& point, const Heads::Head& head, Memory& memory);

// Appends those of `from` whose keys are `wanted` and not among `tags`. False where none are missing.
bool add_missing_tags(const udf_tag*& tags, uint32_t& count, std::span<const udf_str> wanted,
                      std::span<const udf_tag> from, Memory& memory);

}  // namespace guard
