/* SPDX-License-Identifier: MIT */
/*
 * Uses every part of the interface, in C; whole.cpp is its twin in C++ and answers the same. Built
 * against each released header, and so limited to what 1.0 has.
 *
 *     scale   stream -> stream  options of all types, state, a thread, a failure
 *     whole   batch -> batch    batches in one piece
 *     parts   batch -> stream   batches as they come
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <udf_plugin.h>

#define TEXT(literal) \
    { literal, sizeof(literal) - 1 }

static udf_value of_double(double f) {
    udf_value v = {{0}, 0, UDF_DOUBLE};
    v.as.f = f;
    return v;
}
static udf_value of_int(int64_t i, uint32_t type) {
    udf_value v = {{0}, 0, 0};
    v.as.i = i;
    v.type = type;
    return v;
}
static udf_value of_text(const char* s) {
    udf_value v = {{0}, 0, UDF_STRING};
    v.as.s = s;
    v.size = (uint32_t)strlen(s);
    return v;
}
static udf_field field(const char* name, udf_value value) {
    udf_field f;
    f.name.data = name;
    f.name.size = strlen(name);
    f.value = value;
    return f;
}
static int is(udf_str s, const char* text) { return s.size == strlen(text) && memcmp(s.data, text, s.size) == 0; }

static const udf_field* find(const udf_point* p, udf_str name) {
    uint32_t i;
    for (i = 0; i < p->field_count; ++i)
        if (p->fields[i].name.size == name.size && memcmp(p->fields[i].name.data, name.data, name.size) == 0)
            return &p->fields[i];
    return NULL;
}

static int failed(const udf_host* host, const char* why) {
    host->fail(host, why, strlen(why));
    return UDF_ERROR;
}

static int speaks_our_minor(const udf_host* host) {
    const uint32_t least = UDF_TARGET_MINOR;
    return host->struct_size >= offsetof(udf_host, log) + sizeof host->log && host->abi_minor >= least &&
           host->version != NULL;
}

/* ---- scale ---- */

typedef struct scale {
    const udf_host* host;
    char field[64], words[256]; /* words: every use of `set`, in order */
    double by;
    int64_t offset, every, seen, last;
    int strict, negate;
} scale;

static int scale_create(const udf_host* host, const udf_arg* args, size_t count, void** out) {
    size_t i;
    char line[256];
    scale* self = calloc(1, sizeof *self);
    if (!self) return failed(host, "no memory");
    self->host = host;
    self->by = 1;
    for (i = 0; i < count; ++i) {
        const udf_value* v = args[i].values;
        if (is(args[i].name, "field")) snprintf(self->field, sizeof self->field, "%.*s", (int)v->size, v->as.s);
        if (is(args[i].name, "by")) self->by = v->as.f;
        if (is(args[i].name, "offset")) self->offset = v->as.i;
        if (is(args[i].name, "every")) self->every = v->as.i;
        if (is(args[i].name, "negate")) self->negate = v->as.i != 0;
        if (is(args[i].name, "strict")) self->strict = args[i].value_count == 0;
        if (is(args[i].name, "set")) {
            const size_t n = strlen(self->words);
            snprintf(self->words + n, sizeof self->words - n, "%.*s=%lld;", (int)v[0].size, v[0].as.s,
                     (long long)v[1].as.i);
        }
    }
    if (!speaks_our_minor(host) || self->offset < 0) {
        free(self);
        return failed(host, "offset is below 0, or this host is older than it says");
    }
    snprintf(line, sizeof line, "scale of %.*s on %.*s", (int)host->node_id.size, host->node_id.data,
             (int)host->task_id.size, host->task_id.data);
    if (UDF_LOG_INFO >= host->log_level) host->log(host, UDF_LOG_INFO, line, strlen(line));
    *out = self;
    return UDF_OK;
}

static void scale_destroy(void* self) { free(self); }

static int scale_point(scale* self, const udf_point* p) {
    udf_field fields[7];
    udf_point changed = *p;
    const udf_str name = {self->field, strlen(self->field)}, poison = TEXT("poison");
    const udf_field* f = find(p, name);
    double v;
    if (find(p, poison)) return failed(self->host, "a point is poisoned");
    ++self->seen;
    self->last = p->time;
    if (!f) return self->host->emit_points(self->host, p, 1);
    v = f->value.type == UDF_INT ? (double)f->value.as.i : f->value.as.f;
    if (self->negate) v = -v;
    fields[0] = field("scaled", of_double(v * self->by + (double)self->offset));
    fields[1] = field("n", of_int(self->seen, UDF_INT));
    fields[2] = field("strict", of_int(self->strict, UDF_BOOL));
    fields[3] = field("set", of_text(self->words));
    fields[4] = field("every", of_int(self->every, UDF_INT));
    fields[5] = field("tags", of_int(p->tag_count, UDF_INT));
    fields[6] = field("grouped_by", of_int((int64_t)p->dimension_count + (p->by_name ? 10 : 0), UDF_INT));
    changed.fields = fields;
    changed.field_count = 7;
    return self->host->emit_points(self->host, &changed, 1);
}

static int scale_points(void* self, const udf_point* points, size_t count) {
    size_t i;
    int status = UDF_OK;
    for (i = 0; i < count && status == UDF_OK; ++i) status = scale_point(self, &points[i]);
    return status;
}

static int scale_snapshot(void* self, udf_sink* sink) {
    char text[32];
    snprintf(text, sizeof text, "seen %lld", (long long)((scale*)self)->seen);
    sink->write(sink, text, 5); /* in two pieces */
    sink->write(sink, text + 5, strlen(text) - 5);
    return UDF_OK;
}

static int scale_restore(void* self, uint32_t state_version, const void* data, size_t size) {
    char text[32] = "";
    long long seen = 0;
    if (size < sizeof text) memcpy(text, data, size);
    if (state_version != 3 || sscanf(text, "seen %lld", &seen) != 1)
        return failed(((scale*)self)->host, "this is no state of mine");
    ((scale*)self)->seen = seen;
    return UDF_OK;
}

/* A point built from nothing, sent from a thread of the plugin's own. */
static void* emit_total(void* arg) {
    const scale* self = arg;
    const udf_field n = field("n", of_int(self->seen, UDF_INT));
    const udf_tag tag = {TEXT("from"), TEXT("thread")};
    const udf_str by = TEXT("from"), name = TEXT("total"), group = TEXT("from=thread");
    udf_point p;
    memset(&p, 0, sizeof p);
    p.time = self->last + 1;
    p.fields = &n;
    p.field_count = 1;
    p.tags = &tag;
    p.tag_count = 1;
    p.dimensions = &by;
    p.dimension_count = 1;
    p.name = name;
    p.group = group;
    self->host->emit_points(self->host, &p, 1);
    return NULL;
}

static int scale_stop(void* self) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, emit_total, self) != 0) return failed(((scale*)self)->host, "no thread");
    pthread_join(thread, NULL);
    return UDF_OK;
}

/* ---- whole and parts ---- */

typedef struct batches {
    const udf_host* host;
    int64_t sum;
} batches;

static int batches_create(const udf_host* host, const udf_arg* args, size_t count, void** out) {
    batches* self = calloc(1, sizeof *self);
    (void)args;
    if (!self || count != 0) return failed(host, "no memory, or an option");
    self->host = host;
    *out = self;
    return UDF_OK;
}

static void batches_destroy(void* self) { free(self); }

/* The values of a batch, the last first. */
static int whole_batch(void* arg, const udf_batch* b) {
    const batches* self = arg;
    udf_batch out = *b;
    udf_point* points = calloc(b->point_count + 1, sizeof *points);
    uint64_t i;
    int status;
    if (!points) return failed(self->host, "no memory");
    for (i = 0; i < b->point_count; ++i) points[i] = b->points[b->point_count - 1 - i];
    for (i = 0; i < b->point_count; ++i) points[i].time = b->points[i].time;
    out.points = points;
    status = self->host->emit_batch(self->host, &out);
    free(points);
    return status;
}

static int parts_begin(void* arg, const udf_batch* b) {
    batches* self = arg;
    self->sum = 0;
    return b->points == NULL && b->tmax == 0 ? UDF_OK : failed(self->host, "the batch has begun before");
}

static int parts_points(void* arg, const udf_point* points, size_t count) {
    const udf_str name = TEXT("v");
    size_t i;
    for (i = 0; i < count; ++i) {
        const udf_field* f = find(&points[i], name);
        if (f && f->value.type == UDF_INT) ((batches*)arg)->sum += f->value.as.i;
    }
    return UDF_OK;
}

static int parts_end(void* arg, const udf_batch* b) {
    const batches* self = arg;
    const udf_field sum = field("sum", of_int(self->sum, UDF_INT));
    udf_str dimensions[8];
    udf_point p;
    uint32_t i;
    memset(&p, 0, sizeof p);
    p.time = b->tmax;
    p.fields = &sum;
    p.field_count = 1;
    p.tags = b->tags;
    p.tag_count = b->tag_count;
    for (i = 0; i < b->tag_count && i < 8; ++i) dimensions[i] = b->tags[i].key;
    p.dimensions = dimensions;
    p.dimension_count = i;
    p.by_name = b->by_name;
    p.group = b->group;
    p.name = b->name;
    return self->host->emit_points(self->host, &p, 1);
}

/* ---- The table ---- */

static const uint8_t text_type[] = {UDF_STRING}, double_type[] = {UDF_DOUBLE}, int_type[] = {UDF_INT},
                     duration_type[] = {UDF_DURATION}, bool_type[] = {UDF_BOOL}, set_types[] = {UDF_STRING, UDF_INT};
static const udf_option options[] = {
    {"field", "the field to scale", text_type, 1, UDF_OPTION_REQUIRED},
    {"by", "", double_type, 1, 0},
    {"offset", "", int_type, 1, 0},
    {"every", "", duration_type, 1, 0},
    {"negate", "", bool_type, 1, 0},
    {"strict", "", NULL, 0, 0},
    {"set", "any number of times", set_types, 2, UDF_OPTION_REPEATABLE},
};
static const udf_algorithm scale_algorithm = {.struct_size = sizeof(udf_algorithm),
                                              .state_version = 3,
                                              .name = "scale",
                                              .version = "1.2.3",
                                              .help = "scales a field",
                                              .wants = UDF_STREAM,
                                              .provides = UDF_STREAM,
                                              .options = options,
                                              .option_count = sizeof options / sizeof *options,
                                              .create = scale_create,
                                              .destroy = scale_destroy,
                                              .points = scale_points,
                                              .snapshot = scale_snapshot,
                                              .restore = scale_restore,
                                              .stop = scale_stop};
static const udf_algorithm whole_algorithm = {.struct_size = sizeof(udf_algorithm),
                                              .state_version = 1,
                                              .name = "whole",
                                              .version = "1.0.0",
                                              .help = "",
                                              .wants = UDF_BATCH,
                                              .provides = UDF_BATCH,
                                              .create = batches_create,
                                              .destroy = batches_destroy,
                                              .batch = whole_batch};
static const udf_algorithm parts_algorithm = {.struct_size = sizeof(udf_algorithm),
                                              .state_version = 1,
                                              .name = "parts",
                                              .version = "1.0.0",
                                              .help = "",
                                              .wants = UDF_BATCH,
                                              .provides = UDF_STREAM,
                                              .create = batches_create,
                                              .destroy = batches_destroy,
                                              .points = parts_points,
                                              .begin_batch = parts_begin,
                                              .end_batch = parts_end};
static const udf_algorithm* const algorithms[] = {&scale_algorithm, &whole_algorithm, &parts_algorithm};
static const udf_plugin plugin = {sizeof(udf_plugin), UDF_TARGET_MINOR, algorithms, 3, 0};

const udf_plugin* udf_plugin_v1(void) { return &plugin; }
