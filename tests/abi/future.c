/* SPDX-License-Identifier: MIT */
/*
 * A plugin from the future: built with the header of the minor to come, in which udf_algorithm has one more member at
 * its end, `later`. With USES_LATER it sets that; with NEXT_MAJOR it offers another major beside this one.
 */
#include <udf_plugin.h>

static int create(const udf_host* host, const udf_arg* args, size_t count, void** self) {
    (void)args, (void)count;
    *self = (void*)host;
    return UDF_OK;
}
static void destroy(void* self) { (void)self; }
static int points(void* self, const udf_point* p, size_t count) {
    const udf_host* host = self;
    return host->emit_points(host, p, count);
}
#ifdef USES_LATER
static int later(void* self) { return self != 0; }
#endif

static const udf_algorithm future = {.struct_size = sizeof future,
                                     .name = "future",
                                     .version = "1.0.0",
                                     .help = "from the future",
                                     .create = create,
                                     .destroy = destroy,
#ifdef USES_LATER
                                     .later = later,
#endif
                                     .points = points};
static const udf_algorithm* const algorithms[] = {&future};
static const udf_plugin plugin = {sizeof plugin, UDF_TARGET_MINOR, algorithms, 1, 0};

const udf_plugin* udf_plugin_v1(void) { return &plugin; }

#ifdef NEXT_MAJOR
UDF_EXPORT const void* udf_plugin_v2(void);
const void* udf_plugin_v2(void) { return 0; }
#endif
