// SPDX-License-Identifier: MIT
//
// The rules for fields: UTF-8 names and strings, no line breaks in names, each name once, numbers finite, and
// a type that stays.
#pragma once

#include <udf_plugin.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "guard/ledger.h"
#include "guard/memory.h"
#include "guard/names.h"
#include "guard/type_table.h"

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

    // False where mend() might find something: the cheap way for what is nearly always so. The array can be read.
    bool clean(std::span<const udf_field> fields, const Known& known, std::string_view measurement);

    // Brings the fields of `point` into order; false where nothing is left of it. They can be read.
    bool mend(udf_point& point, const Known& known, std::string_view measurement);

private:
    struct Item {
        udf_field field;
        bool own;  // not trusted
    };

    bool own_field_clean(std::span<const udf_field> fields, size_t index, std::string_view measurement);
    bool mend_names(const udf_point& point, const Known& known);
    bool drop_twins(udf_str group);
    enum class Kept : uint8_t { as_it_was, changed, dropped, point_dropped };
    Kept mend_value(Item& item, bool look_closer, std::string_view measurement, udf_str group);
    Kept mend_type(udf_field& field, std::string_view measurement, udf_str group);

    Ledger& ledger_;
    Memory& memory_;
    const bool drops_points_;
    TypeTable types_;
    std::vector<Item> work_;
    std::vector<udf_field> kept_;
    NameSet names_;
};

}  // namespace guard
