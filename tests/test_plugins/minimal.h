/* SPDX-License-Identifier: MIT */
/* The least that is a whole algorithm, for plugins that are about something else: it drops all. */
#include <udf_plugin.h>

static int create(const udf_host* host, const udf_arg* args, size_t count, void** self) {
    (void)args, (void)count;
    *self = (void*)host;
    return UDF_OK;
}

static void destroy(void* self) { (void)self; }

static int points(void* self, const udf_point* p, size_t count) {
    (void)self, (void)p, (void)count;
    return UDF_OK;
}

static const udf_algorithm drop = {.struct_size = sizeof drop,
                                   .name = "drop",
                                   .version = "1.0",
                                   .help = "drops every point",
                                   .create = create,
                                   .destroy = destroy,
                                   .points = points};
static const udf_algorithm* const algorithms[] = {&drop};
static const udf_plugin minimal = {sizeof minimal, 0, algorithms, 1, 0};
