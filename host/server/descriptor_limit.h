// SPDX-License-Identifier: MIT
#pragma once

#include <sys/resource.h>

namespace server {

inline constexpr rlim_t kMostDescriptors = 65'536;

// As many descriptors as this process may have, up to kMostDescriptors: the usual 1,024 are too few
// for the connections of a busy Kapacitor. Returns how many those are.
rlim_t raise_descriptor_limit() noexcept;

}  // namespace server
