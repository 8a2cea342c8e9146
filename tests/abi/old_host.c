/* SPDX-License-Identifier: MIT */
/*
 * old_host PLUGIN: a host as it was released. Built against a released header, it loads a plugin that was built with
 * today's (from whole.c or whole.cpp, targeting this host's minor), obeys the rules of that header, calls everything
 * in the plugin and prints what comes back.
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <udf_plugin.h>

static void die(const char* why) {
    printf("refused: %s\n", why);
    exit(1);
}

/* ---- What a host offers ---- */

static void print_str(const char* before, udf_str s) { printf("%s%.*s", before, (int)s.size, s.data ? s.data : ""); }

static void print_point(const udf_point* p) {
    uint32_t i;
    print_str("", p->name);
    for (i = 0; i < p->tag_count; ++i) {
        print_str(",", p->tags[i].key);
        print_str("=", p->tags[i].value);
    }
    for (i = 0; i < p->field_count; ++i) {
        const udf_value v = p->fields[i].value;
        print_str(i ? "," : " ", p->fields[i].name);
        if (v.type == UDF_DOUBLE) printf("=%g", v.as.f);
        if (v.type == UDF_INT) printf("=%" PRId64 "i", v.as.i);
        if (v.type == UDF_BOOL) printf("=%s", v.as.i ? "true" : "false");
        if (v.type == UDF_STRING) printf("=\"%.*s\"", (int)v.size, v.as.s);
    }
    printf(" %" PRId64 "\n", p->time);
}

static int emit_points(const udf_host* host, const udf_point* points, size_t count) {
    size_t i;
    (void)host;
    for (i = 0; i < count; ++i) print_point(&points[i]);
    return UDF_OK;
}

static int emit_batch(const udf_host* host, const udf_batch* batch) {
    printf("batch of %" PRIu64 " until %" PRId64 "\n", batch->point_count, batch->tmax);
    return emit_points(host, batch->points, batch->point_count);
}

static void fail(const udf_host* host, const char* message, size_t size) {
    (void)host;
    printf("failed: %.*s\n", (int)size, message);
}

static void write_log(const udf_host* host, uint32_t level, const char* message, size_t size) {
    (void)host;
    printf("log %u: %.*s\n", level, (int)size, message);
}

static const udf_host host = {.struct_size = sizeof host,
                              .abi_minor = UDF_ABI_MINOR,
                              .version = "released",
                              .task_id = {"task", 4},
                              .node_id = {"node", 4},
                              .log_level = UDF_LOG_INFO,
                              .emit_points = emit_points,
                              .emit_batch = emit_batch,
                              .fail = fail,
                              .log = write_log};

struct state {
    udf_sink sink; /* first, so that one is the other */
    char bytes[64];
    size_t size;
};

static void keep(udf_sink* sink, const void* data, size_t size) {
    struct state* state = (struct state*)sink;
    if (state->size + size > sizeof state->bytes) die("the state is too large");
    memcpy(state->bytes + state->size, data, size);
    state->size += size;
}

/* ---- The rules for tables ---- */

/* Their table over zeroes; what is behind ours must be zero. */
static void copy(void* ours, size_t size, const void* theirs, uint32_t their_size) {
    uint32_t i;
    for (i = (uint32_t)size; i < their_size; ++i)
        if (((const unsigned char*)theirs)[i] != 0) die("it sets what this host does not know");
    memset(ours, 0, size);
    memcpy(ours, theirs, their_size < size ? their_size : size);
}

static udf_algorithm algorithm_of(const udf_plugin* plugin, const char* name) {
    uint32_t i;
    udf_algorithm a;
    for (i = 0; i < plugin->algorithm_count; ++i) {
        copy(&a, sizeof a, plugin->algorithms[i], plugin->algorithms[i]->struct_size);
        if (strcmp(a.name, name) == 0) return a;
    }
    die("it has no such algorithm");
    return a;
}

static udf_value text(const char* s) {
    udf_value v = {{0}, 0, UDF_STRING};
    v.as.s = s;
    v.size = (uint32_t)strlen(s);
    return v;
}

static void ok(int status, const char* what) {
    if (status != UDF_OK) die(what);
}

/* ---- What is done with each algorithm ---- */

static void run_scale(const udf_plugin* plugin) {
    const udf_algorithm a = algorithm_of(plugin, "scale");
    const udf_value usage = text("v");
    udf_value by = {{0}, 0, UDF_DOUBLE}, set[2] = {{{0}, 0, 0}, {{0}, 0, UDF_INT}};
    const udf_arg args[] = {{{"field", 5}, &usage, 1, 0}, {{"by", 2}, &by, 1, 0}, {{"set", 3}, set, 2, 0}};
    const udf_tag tag = {{"host", 4}, {"a", 1}};
    const udf_str dimension = {"host", 4};
    udf_field field = {{"v", 1}, {{0}, 0, UDF_INT}};
    udf_point points[2];
    struct state state = {{keep}, "", 0};
    void* self = NULL;
    by.as.f = 0.5;
    set[0] = text("x");
    set[1].as.i = 7;
    field.value.as.i = 3;
    memset(points, 0, sizeof points);
    points[0].time = 100;
    points[0].fields = &field;
    points[0].field_count = 1;
    points[0].tags = &tag;
    points[0].tag_count = 1;
    points[0].dimensions = &dimension;
    points[0].dimension_count = 1;
    points[0].name.data = "cpu";
    points[0].name.size = 3;
    points[1] = points[0];
    points[1].time = 200;

    printf("%s %s: %s, %u options, state %u\n", a.name, a.version, a.help, a.option_count, a.state_version);
    ok(a.create(&host, args, 3, &self), "create");
    ok(a.points(self, points, 2), "points");
    ok(a.snapshot(self, &state.sink), "snapshot");
    a.destroy(self);
    ok(a.create(&host, args, 3, &self), "create");
    ok(a.restore(self, a.state_version, state.bytes, state.size), "restore");
    ok(a.points(self, points, 1), "points");
    ok(a.stop(self), "stop");
    field.name.data = "poison";
    field.name.size = 6;
    if (a.points(self, points, 1) != UDF_ERROR) die("it takes what it should not");
    a.destroy(self);
}

static void run_batches(const udf_plugin* plugin) {
    const udf_algorithm whole = algorithm_of(plugin, "whole"), parts = algorithm_of(plugin, "parts");
    const udf_tag tag = {{"host", 4}, {"a", 1}};
    udf_field fields[2] = {{{"v", 1}, {{0}, 0, UDF_INT}}, {{"v", 1}, {{0}, 0, UDF_INT}}};
    udf_point points[2];
    udf_batch batch;
    void* self = NULL;
    fields[0].value.as.i = 3;
    fields[1].value.as.i = 4;
    memset(points, 0, sizeof points);
    points[0].time = 1;
    points[0].fields = &fields[0];
    points[1].time = 2;
    points[1].fields = &fields[1];
    points[0].field_count = points[1].field_count = 1;
    points[0].name.data = points[1].name.data = "mem";
    points[0].name.size = points[1].name.size = 3;
    memset(&batch, 0, sizeof batch);
    batch.tags = &tag;
    batch.tag_count = 1;
    batch.name = points[0].name;
    ok(parts.create(&host, NULL, 0, &self), "create");
    ok(parts.begin_batch(self, &batch), "begin_batch");
    ok(parts.points(self, points, 2), "points");
    batch.tmax = 10;
    ok(parts.end_batch(self, &batch), "end_batch");
    parts.destroy(self);
    batch.points = points;
    batch.point_count = 2;
    ok(whole.create(&host, NULL, 0, &self), "create");
    ok(whole.batch(self, &batch), "batch");
    whole.destroy(self);
}

int main(int argc, char** argv) {
    union {
        void* symbol;
        const udf_plugin* (*function)(void);
    } entry;
    udf_plugin plugin;
    void* const library = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!library) die(argc == 2 ? dlerror() : "usage: old_host PLUGIN");
    entry.symbol = dlsym(library, UDF_PLUGIN_ENTRY);
    if (!entry.symbol) die("it has no " UDF_PLUGIN_ENTRY);
    if (entry.function()->abi_minor > UDF_ABI_MINOR) die("it needs a newer minor");
    copy(&plugin, sizeof plugin, entry.function(), entry.function()->struct_size);
    run_scale(&plugin);
    run_batches(&plugin);
    return 0;
}
