/* SPDX-License-Identifier: MIT */
#include <udf_plugin.h>

const udf_plugin* udf_plugin_v1(void) { return NULL; }
