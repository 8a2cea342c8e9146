/* SPDX-License-Identifier: MIT */
/* Works. It calls into libc, so that it needs a version of it. */
#include <stdlib.h>

#include "minimal.h"

const udf_plugin* udf_plugin_v1(void) { return getenv("PATH=") == NULL ? &minimal : NULL; }
