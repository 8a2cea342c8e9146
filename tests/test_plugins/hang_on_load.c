/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "minimal.h"

__attribute__((constructor)) static void before_anything(void) {
    for (;;) pause();
}

const udf_plugin* udf_plugin_v1(void) { return &minimal; }
