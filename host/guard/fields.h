// SPDX-License-Identifier: MIT
//
// The rules for fields: UTF-8 names and strings, no line breaks in names, each name once, numbers finite, and
// a type that stays.
#pragma once

#include <udf_plugin.h>

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "guard/ledger.h"
#include "guard/memory.h"
#include "guard/names.h"
#include "guard/type_table.h"
#include "wire/check.h"
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
    // measurement's name can be read.
    bool clean(std::span<const udf_field> fields, const Known& known, std::string_view measurement);

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

    static bool finite(const udf_field& field) noexcept {
        constexpr uint64_t kInfinity = uint64_t{0x7ff} << 52;
        return field.value.type != UDF_DOUBLE || (std::bit_cast<uint64_t>(field.value.as.f) & kInfinity) != kInfinity;
    }
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

inline bool Fields::clean(std::span<const udf_field> fields, const Known& known, std::string_view measurement) {
    constexpr size_t kMostPairs = 1024;  // more are left to the way that is linear
    if (fields.empty()) return false;
    const ShortName measurement_key = ShortName::of(measurement);
    size_t own = 0;
    for (size_t i = 0; i < fields.size(); ++i) {
        const udf_field& field = fields[i];
        if (i < known.fields.size() && wire::same_bits(field, known.fields[i])) {
            if (known.non_finite && !finite(field)) return false;
            continue;
        }
        if (wire::check_strings(field.name) != wire::Encoded::ok || ++own * fields.size() > kMostPairs) return false;
        for (const udf_field& other : fields) {
            if (other.name.size != field.name.size || &other == &field) continue;
            // One that cannot be read is found in its own turn, or by mend().
            if (other.name.data == nullptr || equal(view(other.name), view(field.name))) return false;
        }
        Memo& memo = memos_[own % memos_.size()];
        const bool as_before = ShortName::of(view(field.name)).is(memo.field) && measurement_key.is(memo.measurement) &&
                               field.value.type == memo.type && memo.type != UDF_STRING && finite(field);
        if (!as_before && !own_field_clean(field, measurement, memo)) return false;
    }
    return true;
}

}  // namespace guard
