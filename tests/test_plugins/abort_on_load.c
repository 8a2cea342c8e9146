/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "minimal.h"

__attribute__((constructor)) static void before_anything(void) { abort(); }

const udf_plugin* udf_plugin_v1(void) { return &minimal; }
