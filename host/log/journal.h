// SPDX-License-Identifier: MIT
//
// The socket of systemd's journal. Its protocol is as small as it is documented (one datagram an event), so that
// libsystemd, which every process would have to load, is not needed.
#pragma once

#include <string_view>

namespace logging {

// False, with errno, where it cannot be handed over at once. [any]
bool send_to_journal(std::string_view datagram) noexcept;

// Where it is from now on; `path` outlives all. For tests; null = the usual place.
void set_journal(const char* path) noexcept;

}  // namespace logging
