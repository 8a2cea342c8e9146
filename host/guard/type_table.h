// SPDX-License-Identifier: MIT
//
// The type that each field of each measurement was first emitted with. Bounded: fields beyond the limit have none.
#pragma once

#include <udf_plugin.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "guard/names.h"
#include "wire/arena.h"

namespace guard {

class TypeTable {
public:
    static constexpr size_t kLimit = 100'000;  // fields

    // The type of the field, `type` where it is new; null where the table is full. Good until the next call.
    uint32_t* find_or_add(std::string_view measurement, std::string_view field, uint32_t type) {
        const uint64_t hash = name_hash(field, 0) ^ (name_hash(measurement, 1) >> 7);
        for (size_t at = hash >> shift_; !slots_.empty(); at = (at + 1) & (slots_.size() - 1)) {
            Slot& slot = slots_[at];
            if (slot.text == nullptr) break;
            if (slot.hash == hash && equal({slot.text, slot.measurement_size}, measurement) &&
                equal({slot.text + slot.measurement_size, slot.field_size}, field))
                return &slot.type;
        }
        return add(hash, measurement, field, type);
    }

private:
    struct Slot {
        uint64_t hash;
        const char* text;  // the measurement's name and the field's; null in a free slot
        uint32_t measurement_size, field_size, type;
    };

    uint32_t* add(uint64_t hash, std::string_view measurement, std::string_view field, uint32_t type);
    Slot& free_slot(uint64_t hash) noexcept;
    void grow();

    std::vector<Slot> slots_;
    size_t used_ = 0;
    int shift_ = 63;
    size_t text_size_ = 0;
    wire::Arena<char> texts_;
};

}  // namespace guard
