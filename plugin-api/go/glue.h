/* SPDX-License-Identifier: MIT */
/*
 * What cgo cannot do by itself: call through pointers to functions, and be called through ones whose arguments
 * are const. Between these functions a handler is a number, never a Go pointer.
 */
#ifndef UDF_GO_GLUE_H
#define UDF_GO_GLUE_H

#include "udf_plugin.h"

/* Go to the host. */
int udfgo_emit_points(const udf_host* host, void* points, size_t count);
int udfgo_emit_batch(const udf_host* host, void* batch);
void udfgo_fail(const udf_host* host, void* message, size_t size);
void udfgo_log(const udf_host* host, uint32_t level, void* message, size_t size);
void udfgo_write(udf_sink* sink, void* data, size_t size);

/* The functions of the index-th algorithm, as its table has them. */
enum { UDFGO_POINTS = 1, UDFGO_BATCH = 2, UDFGO_PARTS = 4, UDFGO_SNAPSHOTS = 8, UDFGO_STOPS = 16 };
void udfgo_set_functions(udf_algorithm* algorithm, uint32_t index, uint32_t which);

#endif
