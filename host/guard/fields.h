// SPDX-License-Identifier: MIT
//
// The rules for fields: UTF-8 names and strings, no line breaks in names, each name once, numbers finite, and
// a type that stays.
#pragma once

#include <udf_plugin.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "guard/ledger.h"
#include "guard/memory.h"
#include "guard/names.h"
#include "guard/type_table.h"
#include "wire/difference.h"

namespace guard {

// Fields that are bitwise in the same place in the source, if there is one, are trusted: of these no more is asked
// than that they are finite, and that only where the source is known to hold one that is not.
class Fields {
public:
    struct Known {
        std::span<const udf_field> fields;
        bool non_finite;
    };

    Fields(Ledger& ledger, Memory& memory, NonFinite non_finite)
        : ledger_(ledger), memory_(memory), drops_points_(non_finite == NonFinite::drop_point) {}

    // False where mend() might find something: the cheap way for what is nearly always so. The array and the
    // measurement's name can be read, and nothing in `trusted` is NaN or an infinity that matters.
    bool clean(std::span<const udf_field> fields, std::span<const udf_field> trusted, std::string_view measurement);

    // Brings the fields of `point` into order; false where nothing is left of it. They can be read.
    bool mend(udf_point& point, const Known& known, std::string_view measurement);

private:
    struct Item {
        udf_field field;
        bool own;  // not trusted
    };

    // A field that was found in order: the next one of its name most likely is.
    struct Memo {
        ShortName measurement, field;
        uint32_t type = 0;
    };

    bool own_fields_clean(std::span<const udf_field> fields, size_t first, std::span<const udf_field> trusted,
                          std::string_view measurement);
    bool own_field_clean(const udf_field& field, std::string_view measurement, Memo& memo);
    bool mend_names(const udf_point& point, const Known& known);
    bool drop_twins(udf_str group);
    enum class Kept : uint8_t { as_it_was, changed, dropped, point_dropped };
    Kept mend_value(Item& item, bool look_closer, std::string_view measurement, udf_str group);
    Kept mend_type(udf_field& field, std::string_view measurement, udf_str group);

    Ledger& ledger_;
    Memory& memory_;
    const bool drops_points_;
    TypeTable types_;
    std::array<Memo, 8> memos_{};  // by where among the own fields of a point
    std::vector<Item> work_;
    std::vector<udf_field> kept_;
    NameSet names_;
};

[[gnu::always_inline]] inline bool Fields::clean(std::span<const udf_field> fields, std::span<const udf_field> trusted,
                                                 std::string_view measurement) {
    if (fields.empty()) return false;
    size_t first = 0;  // that is not trusted
    const size_t most = std::min(fields.size(), trusted.size());
    while (first < most && wire::same_bits(fields[first], trusted[first])) ++first;
    return first == fields.size() || own_fields_clean(fields, first, trusted, measurement);
}

}  // namespace guard
