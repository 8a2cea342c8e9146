/* SPDX-License-Identifier: MIT */
/*
 * mirror - emits every point of a stream as it came.
 *
 * The smallest plugin there is, in C: one callback that does the work, two that make and free the
 * handler, and a table that describes them. Points that go out unchanged cost the host a copy of
 * their bytes.
 */
#include <udf_plugin.h>

/* A handler without options or state needs nothing but the host, so the host is the handler. */
static int create(const udf_host* host, const udf_arg* args, size_t count, void** self) {
    (void)args;
    (void)count;
    *self = (void*)host;
    return UDF_OK;
}

static void destroy(void* self) { (void)self; }

/* What emit_points says is what points returns: UDF_CLOSED once the stream has ended. */
static int points(void* self, const udf_point* points, size_t count) {
    const udf_host* host = self;
    return host->emit_points(host, points, count);
}

static const udf_algorithm mirror = {
    .struct_size = sizeof(udf_algorithm),
    .name = "mirror",
    .version = "1.0.0",
    .help = "Emits every point as it came",
    .wants = UDF_STREAM,
    .provides = UDF_STREAM,
    .create = create,
    .destroy = destroy,
    .points = points,
};

static const udf_algorithm* const algorithms[] = {&mirror};
static const udf_plugin plugin = {sizeof(udf_plugin), UDF_TARGET_MINOR, algorithms, 1, 0};

const udf_plugin* udf_plugin_v1(void) { return &plugin; }
