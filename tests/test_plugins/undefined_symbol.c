/* SPDX-License-Identifier: MIT */
#include "minimal.h"

extern __attribute__((visibility("default"))) int nobody_defines_this(void);

const udf_plugin* udf_plugin_v1(void) { return nobody_defines_this() ? &minimal : NULL; }
