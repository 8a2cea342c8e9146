// SPDX-License-Identifier: MIT
//
// What is around a snapshot while Kapacitor keeps it, so that a torn one, or one of another
// algorithm, is refused before the plugin sees it.
//
//     envelope = magic name_size name state_version checksum state
//     magic    = "UDFS" 0x01
//     name     = the algorithm, name_size (uint32) bytes
//     checksum = uint32, CRC-32 of state
//
// Integers are little-endian. What follows the checksum is the state, to the end.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace agent {

// The bytes are no snapshot that can be restored here; what() says why.
struct BadEnvelope : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Snapshot {
    uint32_t state_version;
    std::string_view state;  // borrowed from the envelope
};

std::string wrap(std::string_view algorithm, uint32_t state_version, std::string_view state);

// Throws BadEnvelope where the bytes are no envelope, torn, or of another algorithm.
Snapshot unwrap(std::string_view envelope, std::string_view algorithm);

}  // namespace agent
