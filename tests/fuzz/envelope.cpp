// SPDX-License-Identifier: MIT
//
// Snapshot envelopes: any bytes are unwrapped or refused with a reason, and those that are
// unwrapped are exactly what wrap() makes of what came out. What was wrapped comes back; with a
// byte changed it does not come back as if it were the same.
#include "agent/envelope.h"

#include <cstdint>
#include <optional>
#include <string>

#include "fuzz/check.h"

namespace {

std::optional<agent::Snapshot> unwrap(std::string_view envelope, std::string_view algorithm) {
    try {
        return agent::unwrap(envelope, algorithm);
    } catch (const agent::BadEnvelope& refusal) {
        FUZZ_CHECK(!std::string_view(refusal.what()).empty());
        return std::nullopt;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    FuzzedDataProvider input(data, size);
    const std::string algorithm = input.ConsumeBool() ? "moving_avg" : input.ConsumeRandomLengthString(20);
    const auto version = input.ConsumeIntegral<uint32_t>();
    const auto place = input.ConsumeIntegral<uint16_t>();
    const auto change = input.ConsumeIntegralInRange<uint8_t>(1, 255);
    const fuzz::Exactly bytes(input.ConsumeRemainingBytesAsString());

    if (const auto found = unwrap(bytes.view(), algorithm))
        FUZZ_CHECK(agent::wrap(algorithm, found->state_version, found->state) == bytes.view());

    std::string envelope = agent::wrap(algorithm, version, bytes.view());
    const auto back = unwrap(fuzz::Exactly(envelope).view(), algorithm);
    FUZZ_CHECK(back && back->state_version == version && back->state.size() == bytes.view().size());
    FUZZ_CHECK(unwrap(envelope, algorithm)->state == bytes.view());
    FUZZ_CHECK(!unwrap(envelope, algorithm + "2"));

    envelope[place % envelope.size()] ^= static_cast<char>(change);
    const auto changed = unwrap(envelope, algorithm);
    FUZZ_CHECK(!changed || (changed->state_version != version && changed->state == bytes.view()));
    return 0;
}
