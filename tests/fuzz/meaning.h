// SPDX-License-Identifier: MIT
//
// What a data message says, as values that compare: of a struct of udf_plugin.h or of bytes as
// protobuf's generated code reads them.
#pragma once

#include <raw.pb.h>
#include <udf_plugin.h>

#include <bit>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

inline std::string text(udf_str s) { return {s.data ? s.data : "", s.size}; }

template <class Message>
std::optional<Message> parsed(std::string_view bytes) {
    Message message;
    if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
    return message;
}

using Texts = std::map<std::string, std::string>;
using Numbers = std::map<std::string, uint64_t>;

// Of an entry given twice the last one counts.
template <class Map, class Entries>
Map map_of(const Entries& entries) {
    Map map;
    for (const auto& entry : entries) {
        if constexpr (std::is_same_v<std::decay_t<decltype(entry.value())>, double>)
            map[entry.key()] = std::bit_cast<uint64_t>(entry.value());
        else if constexpr (std::is_same_v<Map, Numbers>)
            map[entry.key()] = static_cast<uint64_t>(entry.value());
        else
            map[entry.key()] = entry.value();
    }
    return map;
}

struct Meaning {
    int64_t time = 0;
    std::string name, database, retention_policy, group;
    bool by_name = false;
    std::vector<std::string> dimensions;
    Texts tags, strings;
    Numbers doubles, ints, bools;  // doubles by their bits: NaN is equal to itself

    bool operator==(const Meaning&) const = default;
    size_t field_count() const { return strings.size() + doubles.size() + ints.size() + bools.size(); }

    explicit Meaning(const raw::Point& p)
        : time(p.time()),
          name(p.name()),
          database(p.database()),
          retention_policy(p.retentionpolicy()),
          group(p.group()),
          by_name(p.byname()),
          dimensions(p.dimensions().begin(), p.dimensions().end()),
          tags(map_of<Texts>(p.tags())),
          strings(map_of<Texts>(p.fieldsstring())),
          doubles(map_of<Numbers>(p.fieldsdouble())),
          ints(map_of<Numbers>(p.fieldsint())),
          bools(map_of<Numbers>(p.fieldsbool())) {}

    explicit Meaning(const udf_point& p)
        : time(p.time),
          name(text(p.name)),
          database(text(p.database)),
          retention_policy(text(p.retention_policy)),
          group(text(p.group)),
          by_name(p.by_name != 0) {
        for (uint32_t i = 0; i < p.dimension_count; ++i) dimensions.push_back(text(p.dimensions[i]));
        for (uint32_t i = 0; i < p.tag_count; ++i) tags[text(p.tags[i].key)] = text(p.tags[i].value);
        for (uint32_t i = 0; i < p.field_count; ++i) add(text(p.fields[i].name), p.fields[i].value);
    }

private:
    void add(const std::string& field, const udf_value& value) {
        if (value.type == UDF_STRING)
            strings[field] = text({value.as.s, value.size});
        else if (value.type == UDF_DOUBLE)
            doubles[field] = std::bit_cast<uint64_t>(value.as.f);
        else if (value.type == UDF_INT)
            ints[field] = static_cast<uint64_t>(value.as.i);
        else
            bools[field] = value.as.i != 0;
    }
};

}  // namespace fuzz
