// SPDX-License-Identifier: MIT
//
// How long one message takes: the answer to each is awaited before the next is sent.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "bench/stream.h"
#include "bench/subject.h"
#include "client/interrupt.h"

namespace bench {

// Round trips of `count` points (of a stream) or batches, from the write to what comes back. Empty
// where the function answers none with something of the kind. The subject has been started;
// afterwards it is finished.
std::vector<std::chrono::nanoseconds> measure_round_trips(Subject& subject, const Stream& stream, size_t count,
                                                          client::Interrupt& interrupt);

// From the start of the process to its InfoResponse, on pipes; for cat until it hands back a byte.
std::chrono::nanoseconds measure_start(const Contender& contender);

}  // namespace bench
