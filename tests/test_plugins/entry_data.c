/* SPDX-License-Identifier: MIT */
/* The right name for the wrong thing. */
extern __attribute__((visibility("default"))) const int udf_plugin_v1;
const int udf_plugin_v1 = 1;
