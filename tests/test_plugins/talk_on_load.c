/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "minimal.h"

__attribute__((constructor)) static void before_anything(void) {
    puts("a constructor talks");
    fflush(stdout);
}

const udf_plugin* udf_plugin_v1(void) { return &minimal; }
