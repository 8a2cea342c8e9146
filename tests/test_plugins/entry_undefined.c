/* SPDX-License-Identifier: MIT */
/* Calls an entry but has none. */
#include <udf_plugin.h>

extern __attribute__((visibility("default"))) const udf_plugin* call(void);
const udf_plugin* call(void) { return udf_plugin_v1(); }
