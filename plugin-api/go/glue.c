/* SPDX-License-Identifier: MIT */
#include "glue.h"

#include "_cgo_export.h"

int udfgo_emit_points(const udf_host* host, void* points, size_t count) {
    return host->emit_points(host, points, count);
}
int udfgo_emit_batch(const udf_host* host, void* batch) { return host->emit_batch(host, batch); }
void udfgo_fail(const udf_host* host, void* message, size_t size) { host->fail(host, message, size); }
void udfgo_log(const udf_host* host, uint32_t level, void* message, size_t size) {
    host->log(host, level, message, size);
}
void udfgo_write(udf_sink* sink, void* data, size_t size) { sink->write(sink, data, size); }

static int create(uint32_t index, const udf_host* host, const udf_arg* args, size_t count, void** self) {
    const uintptr_t handle = udfgo_create(index, (udf_host*)host, (void*)args, count);
    *self = (void*)handle;
    return handle ? UDF_OK : UDF_ERROR;
}

/* The host does not say which algorithm it means: each has a create of its own. */
#define CREATE(n)                                                                                 \
    static int create_##n(const udf_host* host, const udf_arg* args, size_t count, void** self) { \
        return create(n, host, args, count, self);                                                \
    }
#define EIGHT(what, tens) \
    what(tens##0) what(tens##1) what(tens##2) what(tens##3) what(tens##4) what(tens##5) what(tens##6) what(tens##7)
/* Octal: 00 to 077, which are 64. */
#define ALL(what)  \
    EIGHT(what, 0) \
    EIGHT(what, 01) EIGHT(what, 02) EIGHT(what, 03) EIGHT(what, 04) EIGHT(what, 05) EIGHT(what, 06) EIGHT(what, 07)
ALL(CREATE)

#define NAME(n) create_##n,
static int (*const creates[])(const udf_host*, const udf_arg*, size_t, void**) = {ALL(NAME)};

static void destroy(void* self) { udfgo_destroy((uintptr_t)self); }
static int points(void* self, const udf_point* p, size_t count) {
    return udfgo_points((uintptr_t)self, (void*)p, count);
}
static int batch(void* self, const udf_batch* b) { return udfgo_batch((uintptr_t)self, (void*)b); }
static int begin_batch(void* self, const udf_batch* b) { return udfgo_begin_batch((uintptr_t)self, (void*)b); }
static int end_batch(void* self, const udf_batch* b) { return udfgo_end_batch((uintptr_t)self, (void*)b); }
static int snapshot(void* self, udf_sink* sink) { return udfgo_snapshot((uintptr_t)self, sink); }
static int restore(void* self, uint32_t version, const void* data, size_t size) {
    return udfgo_restore((uintptr_t)self, version, (void*)data, size);
}
static int stop(void* self) { return udfgo_stop((uintptr_t)self); }

void udfgo_set_functions(udf_algorithm* a, uint32_t index, uint32_t which) {
    a->create = creates[index];
    a->destroy = destroy;
    if (which & UDFGO_POINTS) a->points = points;
    if (which & UDFGO_BATCH) a->batch = batch;
    if (which & UDFGO_PARTS) a->begin_batch = begin_batch, a->end_batch = end_batch;
    if (which & UDFGO_SNAPSHOTS) a->snapshot = snapshot, a->restore = restore;
    if (which & UDFGO_STOPS) a->stop = stop;
}

UDF_EXPORT const udf_plugin* udf_plugin_v1(void) { return udfgo_plugin(); }
