// SPDX-License-Identifier: MIT
//
// One connection to an algorithm that is not there yet, or cannot be had: Kapacitor is told why, in the place where it
// shows it to people, and not merely left with a broken pipe.
#pragma once

#include <string>

#include "wire/channel.h"

namespace agent {

// Before there is an agent: says that one is on its way. To Kapacitor it means that we are alive.
void send_heartbeat(wire::Channel& channel);

enum class Boot : uint8_t {
    fails,    // Info is answered with the reason: Kapacitor does not start
    goes_on,  // Info is answered, without options: each task fails at its start, with the reason
};

// Serves the connection to its end, on this thread. True where nothing had to be refused. Throws ProtocolError,
// and what the channel throws.
bool refuse(wire::Channel& channel, const std::string& reason, Boot boot);

}  // namespace agent
