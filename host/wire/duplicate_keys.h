// SPDX-License-Identifier: MIT
//
// The keys of the map that is being decoded. In protobuf a key that comes twice is legal, and the
// last one wins.
#pragma once

#include <udf_plugin.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>

#include "wire/quick_hash.h"

namespace wire {

// Finds the earlier entry of a key, if there is one. A key seen for the first time costs a hash and a bit test; only
// where the bit is set are keys compared, and beyond 64 entries a real index takes over, so that hostile input stays
// linear.
template <class Entry>
class Duplicates {
public:
    // `entries` are those before the new one, `space` tells maps apart that share the array.
    Entry* find(std::span<Entry> entries, std::string_view key, uint32_t space) {
        if (entries.empty()) return nullptr;
        if (entries.size() == 1) note(quick_hash(key_of(entries[0]), space_of(entries[0])));
        if (entries.size() < kIndexFrom && !note(quick_hash(key, space))) return nullptr;
        return find_again(entries, key, space);
    }

private:
    static constexpr size_t kIndexFrom = 64;

    // True where such a hash may have been noted before.
    [[gnu::always_inline]] bool note(uint64_t hash) noexcept {
        uint64_t& word = seen_[hash >> 62];
        const uint64_t bit = uint64_t{1} << (hash >> 56 & 63);
        const bool maybe = word & bit;
        word |= bit;
        return maybe;
    }

    static std::string_view key_of(const udf_field& f) { return {f.name.data, f.name.size}; }
    static std::string_view key_of(const udf_tag& t) { return {t.key.data, t.key.size}; }
    static uint32_t space_of(const udf_field& f) { return f.value.type; }
    static uint32_t space_of(const udf_tag&) { return 0; }

    // Where it may well be.
    [[gnu::noinline]] Entry* find_again(std::span<Entry> entries, std::string_view key, uint32_t space) {
        if (entries.size() >= kIndexFrom) return find_indexed(entries, key, space);
        for (Entry& e : entries)
            if (space_of(e) == space && key_of(e) == key) return &e;
        return nullptr;
    }

    Entry* find_indexed(std::span<Entry> entries, std::string_view key, uint32_t space) {
        if (!index_) index_ = std::make_unique<Index>();
        for (; indexed_ < entries.size(); ++indexed_)
            (*index_)[space_of(entries[indexed_])].try_emplace(key_of(entries[indexed_]), indexed_);
        const auto found = (*index_)[space].find(key);
        return found == (*index_)[space].end() ? nullptr : &entries[found->second];
    }

    using Index = std::array<std::unordered_map<std::string_view, size_t>, 4>;  // by space

    std::array<uint64_t, 4> seen_{};
    std::unique_ptr<Index> index_;
    size_t indexed_ = 0;
};

}  // namespace wire
