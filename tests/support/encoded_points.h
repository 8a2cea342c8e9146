// SPDX-License-Identifier: MIT
//
// Random encoded Points: as Kapacitor writes them, and in every form that protobuf allows and
// Kapacitor never writes: any order, entries that come twice or lack a half, unknown fields.
#pragma once

#include <rapidcheck.h>

#include <string>
#include <string_view>
#include <vector>

namespace support {

inline std::string varint(uint64_t v) {
    std::string out;
    for (; v >= 0x80; v >>= 7) out.push_back(static_cast<char>(v | 0x80));
    out.push_back(static_cast<char>(v));
    return out;
}
inline std::string tagged(uint32_t number, uint32_t type) { return varint(number << 3 | type); }
inline std::string nested(uint32_t number, std::string_view bytes) {
    return tagged(number, 2) + varint(bytes.size()) + std::string(bytes);
}

// Few different names, so that they collide; valid UTF-8, since the generated parser insists.
inline rc::Gen<std::string> any_name() {
    return rc::gen::element<std::string>("", "a", "b", "ab", "usage_user", "usage_user2", "usage_idle", "region",
                                         "ünïcödé", "host", "漢字", std::string("nul\0in", 6), std::string(200, 'x'));
}

inline rc::Gen<std::string> any_unknown() {
    return rc::gen::exec([] {
        const auto number = *rc::gen::inRange<uint32_t>(20, 1000);
        switch (*rc::gen::inRange(0, 4)) {
            case 0:
                return tagged(number, 0) + varint(*rc::gen::arbitrary<uint64_t>());
            case 1:
                return tagged(number, 1) + std::string(8, 'q');
            case 2:
                return nested(number, *any_name());
            default:
                return tagged(number, 5) + std::string(4, 'q');
        }
    });
}

// The encoded value half of a map entry of `kind` (the wire type that the map's values have).
inline std::string any_value(uint32_t number) {
    if (number == 8) return tagged(2, 1) + *rc::gen::container<std::string>(8, rc::gen::arbitrary<char>());
    if (number == 9) return tagged(2, 0) + varint(*rc::gen::arbitrary<uint64_t>());
    if (number == 12) return tagged(2, 0) + varint(*rc::gen::inRange<uint64_t>(0, 3));
    return nested(2, *any_name());
}

inline std::string any_entry(uint32_t number) {
    std::string entry;
    const int pieces = *rc::gen::weightedElement<int>({{20, 2}, {1, 0}, {1, 1}, {2, 5}});
    if (pieces == 2) {
        entry = nested(1, *any_name()) + any_value(number);
    } else {
        for (int i = 0; i < pieces; ++i) {
            switch (*rc::gen::inRange(0, 3)) {
                case 0:
                    entry += nested(1, *any_name());
                    break;
                case 1:
                    entry += any_value(number);
                    break;
                default:
                    entry += *any_unknown();
            }
        }
    }
    return nested(number, entry);
}

inline std::string any_piece() {
    const auto number = *rc::gen::inRange<uint32_t>(1, 15);
    switch (number) {
        case 1:
            return tagged(1, 0) + varint(*rc::gen::arbitrary<uint64_t>());
        case 2:
        case 3:
        case 4:
        case 5:
        case 6:
            return nested(number, *any_name());
        case 7:
        case 8:
        case 9:
        case 10:
        case 12:
            return any_entry(number);
        case 11:
            return tagged(11, 0) + varint(*rc::gen::inRange<uint64_t>(0, 3));
        case 13:
            return tagged(*rc::gen::inRange<uint32_t>(1, 13), 5) + std::string(4, 'w');  // known number, other type
        default:
            return *any_unknown();
    }
}

// Members in the order of their numbers; now and then a key comes twice.
inline std::string any_usual_point() {
    std::string bytes;
    const auto often = [] { return *rc::gen::weightedElement<bool>({{9, true}, {1, false}}); };
    const auto each = [](auto&& add) {
        for (int i = *rc::gen::inRange(0, 4); i > 0; --i) add();
    };
    if (often()) bytes += tagged(1, 0) + varint(*rc::gen::arbitrary<uint64_t>());
    for (uint32_t number = 2; number <= 5; ++number)
        if (often()) bytes += nested(number, *any_name());
    each([&] { bytes += nested(6, *any_name()); });
    for (const uint32_t number : {7, 8, 9, 10, 11, 12}) {
        if (number == 11 && *rc::gen::arbitrary<bool>()) bytes += tagged(11, 0) + varint(1);
        if (number != 11) each([&] { bytes += nested(number, nested(1, *any_name()) + any_value(number)); });
    }
    return bytes;
}

inline rc::Gen<std::string> any_point_bytes() {
    return rc::gen::exec([] {
        if (*rc::gen::arbitrary<bool>()) return any_usual_point();
        std::string bytes;
        const int pieces = *rc::gen::inRange(0, 40);
        for (int i = 0; i < pieces; ++i) bytes += any_piece();
        return bytes;
    });
}

}  // namespace support
