// SPDX-License-Identifier: MIT
//
// How much goes through: sends a stream as fast as it is taken and reads what comes back, each on a
// thread of its own, as Kapacitor does.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "bench/stream.h"
#include "bench/subject.h"
#include "client/interrupt.h"

namespace bench {

// Sends until one of them is reached; a piece of the stream is never cut.
struct Amount {
    std::chrono::nanoseconds time{};
    uint64_t points = UINT64_MAX;
};

struct Throughput {
    uint64_t points_in = 0, points_out = 0;
    std::chrono::nanoseconds time{};      // from the first byte sent to the last answer
    std::chrono::nanoseconds cpu_time{};  // of the subject meanwhile
    size_t peak_memory = 0;               // bytes resident, of the subject since its start
    size_t own_memory = 0;                // bytes, at the end
};

// The subject has been started; afterwards it is finished.
Throughput measure_throughput(Subject& subject, const Stream& stream, Amount amount, client::Interrupt& interrupt);

}  // namespace bench
