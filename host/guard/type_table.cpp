// SPDX-License-Identifier: MIT
#include "guard/type_table.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace guard {
namespace {

constexpr size_t kFirstSize = 64;                // slots
constexpr size_t kMostNames = size_t{32} << 20;  // bytes of names

}  // namespace

uint32_t* TypeTable::add(uint64_t hash, std::string_view measurement, std::string_view field, uint32_t type) {
    const size_t size = measurement.size() + field.size();
    if (used_ >= kLimit || text_size_ + size > kMostNames) return nullptr;
    if (2 * (used_ + 1) > slots_.size()) grow();
    char* const text = texts_.room(size + 1);  // one more, so that no text is null
    std::copy(field.begin(), field.end(), std::copy(measurement.begin(), measurement.end(), text));
    texts_.commit(text + size);
    text_size_ += size;
    ++used_;
    Slot& slot = free_slot(hash);
    slot = {hash, text, static_cast<uint32_t>(measurement.size()), static_cast<uint32_t>(field.size()), type};
    return &slot.type;
}

TypeTable::Slot& TypeTable::free_slot(uint64_t hash) noexcept {
    size_t at = hash >> shift_;
    while (slots_[at].text != nullptr) at = (at + 1) & (slots_.size() - 1);
    return slots_[at];
}

void TypeTable::grow() {
    std::vector<Slot> former(slots_.empty() ? kFirstSize : 2 * slots_.size());
    former.swap(slots_);
    shift_ = 64 - std::countr_zero(slots_.size());
    for (const Slot& slot : former)
        if (slot.text != nullptr) free_slot(slot.hash) = slot;
}

}  // namespace guard
