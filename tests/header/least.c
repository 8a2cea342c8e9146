/* SPDX-License-Identifier: MIT */
/* A plugin that is C and C++ of every standard at once. */
#include <udf_plugin.h>

static int create(const udf_host* host, const udf_arg* args, size_t count, void** self) {
    (void)args;
    (void)count;
    *self = (void*)host;
    return UDF_OK;
}

static void destroy(void* self) { (void)self; }

static int points(void* self, const udf_point* run, size_t count) {
    const udf_host* host = (const udf_host*)self;
    return host->emit_points(host, run, count);
}

static const uint8_t one_string[] = {UDF_STRING};
static const udf_option options[] = {{"field", "a field", one_string, 1, UDF_OPTION_REQUIRED}};
static const udf_algorithm least = {sizeof(udf_algorithm),
                                    1,
                                    "least",
                                    "1.0.0",
                                    "",
                                    UDF_STREAM,
                                    UDF_STREAM,
                                    options,
                                    1,
                                    0,
                                    create,
                                    destroy,
                                    points,
                                    NULL,
                                    NULL,
                                    NULL,
                                    NULL,
                                    NULL,
                                    NULL};
static const udf_algorithm* const algorithms[] = {&least};
static const udf_plugin plugin = {sizeof(udf_plugin), UDF_TARGET_MINOR, algorithms, 1, 0};

const udf_plugin* udf_plugin_v1(void) { return &plugin; }
