/* SPDX-License-Identifier: MIT */
/* What a plugin for the next major interface looks like from outside. */
extern __attribute__((visibility("default"))) const void* udf_plugin_v2(void);
const void* udf_plugin_v2(void) { return 0; }
