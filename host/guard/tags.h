// SPDX-License-Identifier: MIT
//
// The rules for tags: UTF-8, no line breaks, a key, each key once, and none missing that a dimension names.
#pragma once

#include <udf_plugin.h>

#include <cstdint>
#include <span>
#include <vector>

#include "guard/ledger.h"
#include "guard/memory.h"
#include "guard/names.h"

namespace guard {

// What is bitwise in the same place in `trusted` is not looked at.
class Tags {
public:
    Tags(Ledger& ledger, Memory& memory) : ledger_(ledger), memory_(memory) {}

    void mend(const udf_tag*& tags, uint32_t& count, std::span<const udf_tag> trusted, udf_str group);

private:
    bool mend_each(std::span<const udf_tag> tags, std::span<const udf_tag> trusted, udf_str group);
    bool drop_twins(udf_str group);

    Ledger& ledger_;
    Memory& memory_;
    std::vector<udf_tag> work_;
    NameSet keys_;
};

inline std::span<const udf_tag> tags_of(const udf_point& p) noexcept { return {p.tags, p.tag_count}; }

const udf_tag* find_tag(std::span<const udf_tag> tags, std::string_view key) noexcept;

}  // namespace guard
