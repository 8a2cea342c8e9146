// SPDX-License-Identifier: MIT
//
// The protocol on standard input and output, as Kapacitor runs a `prog`.
#pragma once

#include "wire/unique_fd.h"

namespace server {

struct Stdio {
    wire::unique_fd input, output;  // closed on exec, and in forked children
};

// Moves the protocol to descriptors of its own. Afterwards 0 reads nothing and 1 is stderr, so that
// neither a printf in a plugin nor a child of it can get into the protocol. Call it before any
// plugin is loaded. Throws std::system_error.
Stdio take_stdio();

}  // namespace server
