// SPDX-License-Identifier: MIT
//
// The load is the whole one in a release build; slower builds, which look for other things, have a part
// of it. And whether crashes look as they do to a user: AddressSanitizer makes its own of them.
#pragma once

#ifdef FULL_LOAD
inline constexpr bool kFullLoad = true;
#else
inline constexpr bool kFullLoad = false;
#endif

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif
