// SPDX-License-Identifier: MIT
#include "agent/envelope.h"

#include <fmt/format.h>

#include <boost/crc.hpp>

namespace agent {
namespace {

constexpr std::string_view kMagic("UDFS\x01", 5);
constexpr size_t kNumberBytes = 4;

uint32_t checksum(std::string_view bytes) {
    boost::crc_32_type crc;
    crc.process_bytes(bytes.data(), bytes.size());
    return crc.checksum();
}

void put_number(std::string& out, uint32_t n) {
    for (size_t i = 0; i < kNumberBytes; ++i) out.push_back(static_cast<char>(n >> (8 * i)));
}

// Takes `size` bytes off the front.
std::string_view take(std::string_view& bytes, size_t size) {
    if (bytes.size() < size) throw BadEnvelope("the snapshot is cut off");
    const std::string_view taken = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return taken;
}

uint32_t take_number(std::string_view& bytes) {
    uint32_t n = 0;
    const std::string_view taken = take(bytes, kNumberBytes);
    for (size_t i = 0; i < kNumberBytes; ++i) n |= static_cast<uint32_t>(static_cast<uint8_t>(taken[i])) << (8 * i);
    return n;
}

}  // namespace

std::string wrap(std::string_view algorithm, uint32_t state_version, std::string_view state) {
    std::string out;
    out.reserve(kMagic.size() + 3 * kNumberBytes + algorithm.size() + state.size());
    out += kMagic;
    put_number(out, static_cast<uint32_t>(algorithm.size()));
    out += algorithm;
    put_number(out, state_version);
    put_number(out, checksum(state));
    out += state;
    return out;
}

Snapshot unwrap(std::string_view envelope, std::string_view algorithm) {
    if (!envelope.starts_with(kMagic))
        throw BadEnvelope("the snapshot was not made by udf-host; delete the task's snapshot to start afresh");
    envelope.remove_prefix(kMagic.size());
    const uint32_t name_size = take_number(envelope);
    const std::string_view name = take(envelope, name_size);
    if (name != algorithm)
        throw BadEnvelope(fmt::format("the snapshot is of algorithm '{}', not of '{}'", name, algorithm));
    const uint32_t state_version = take_number(envelope);
    const uint32_t expected = take_number(envelope);
    if (checksum(envelope) != expected) throw BadEnvelope("the snapshot is damaged: its checksum does not match");
    return {state_version, envelope};
}

}  // namespace agent
