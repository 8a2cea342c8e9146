/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "fakehost.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fakehost {
    udf_host host; /* first: the plugin gives it back */
    int answer;
    const udf_point* lent; /* the array that is in a call */
    size_t lent_count;
    pthread_mutex_t lock;
    char* text;
    size_t size;
    FILE* said;
};

static const char note; /* what origin points to */

static void print_str(FILE* f, udf_str s) { fwrite(s.data, 1, s.size, f); }

static void print_tags(FILE* f, const udf_tag* tags, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
        fputc(',', f);
        print_str(f, tags[i].key);
        fputc('=', f);
        print_str(f, tags[i].value);
    }
}

static void print_point(FILE* f, const udf_point* p) {
    print_str(f, p->name);
    print_tags(f, p->tags, p->tag_count);
    for (uint32_t i = 0; i < p->field_count; ++i) {
        fputc(i ? ',' : ' ', f);
        print_str(f, p->fields[i].name);
        fputc('=', f);
        const udf_value* v = &p->fields[i].value;
        if (v->type == UDF_DOUBLE) fprintf(f, "%g", v->as.f);
        if (v->type == UDF_INT) fprintf(f, "%" PRId64 "i", v->as.i);
        if (v->type == UDF_BOOL) fputs(v->as.i ? "true" : "false", f);
        if (v->type == UDF_STRING) fprintf(f, "'%.*s'", (int)v->size, v->as.s);
    }
    fprintf(f, " %" PRId64 " [", p->time);
    print_str(f, p->group);
    for (uint32_t i = 0; i < p->dimension_count; ++i) {
        fputs(" by ", f);
        print_str(f, p->dimensions[i]);
    }
    fprintf(f, "%s%s]\n", p->by_name ? " by name" : "", p->origin == &note ? " noted" : "");
}

static int emit_points(const udf_host* host, const udf_point* points, size_t count) {
    fakehost* h = (fakehost*)host;
    if (h->answer != UDF_OK) return h->answer;
    pthread_mutex_lock(&h->lock);
    if (points >= h->lent && points < h->lent + h->lent_count) fprintf(h->said, "as it came: %zu\n", count);
    for (size_t i = 0; i < count; ++i) print_point(h->said, &points[i]);
    pthread_mutex_unlock(&h->lock);
    return UDF_OK;
}

static int emit_batch(const udf_host* host, const udf_batch* b) {
    fakehost* h = (fakehost*)host;
    if (h->answer != UDF_OK) return h->answer;
    pthread_mutex_lock(&h->lock);
    fputs("batch ", h->said);
    print_str(h->said, b->name);
    print_tags(h->said, b->tags, b->tag_count);
    fprintf(h->said, " %" PRId64 " [", b->tmax);
    print_str(h->said, b->group);
    fputs("]\n", h->said);
    for (size_t i = 0; i < b->point_count; ++i) print_point(h->said, &b->points[i]);
    pthread_mutex_unlock(&h->lock);
    return UDF_OK;
}

static void fail(const udf_host* host, const char* message, size_t size) {
    fakehost* h = (fakehost*)host;
    pthread_mutex_lock(&h->lock);
    fprintf(h->said, "failed: %.*s\n", (int)size, message);
    pthread_mutex_unlock(&h->lock);
}

static void write_log(const udf_host* host, uint32_t level, const char* message, size_t size) {
    fakehost* h = (fakehost*)host;
    pthread_mutex_lock(&h->lock);
    fprintf(h->said, "log %u: %.*s\n", level, (int)size, message);
    pthread_mutex_unlock(&h->lock);
}

fakehost* fakehost_new(int answer) {
    fakehost* h = calloc(1, sizeof *h);
    h->host = (udf_host){.struct_size = sizeof(udf_host),
                         .version = "9.9",
                         .task_id = {"task", 4},
                         .node_id = {"node", 4},
                         .log_level = UDF_LOG_INFO,
                         .emit_points = emit_points,
                         .emit_batch = emit_batch,
                         .fail = fail,
                         .log = write_log};
    h->answer = answer;
    pthread_mutex_init(&h->lock, NULL);
    h->said = open_memstream(&h->text, &h->size);
    return h;
}

const udf_host* fakehost_host(const fakehost* h) { return &h->host; }

char* fakehost_said(fakehost* h) {
    pthread_mutex_lock(&h->lock);
    fclose(h->said);
    char* text = h->text;
    h->said = open_memstream(&h->text, &h->size);
    pthread_mutex_unlock(&h->lock);
    return text;
}

void fakehost_free(fakehost* h) {
    fclose(h->said);
    free(h->text);
    free(h);
}

int fakehost_create(const udf_algorithm* a, const udf_host* host, const udf_arg* args, size_t count, void** self) {
    return a->create(host, args, count, self);
}
void fakehost_destroy(const udf_algorithm* a, void* self) { a->destroy(self); }
int fakehost_stop(const udf_algorithm* a, void* self) { return a->stop ? a->stop(self) : UDF_OK; }

static udf_str str(const char* s) { return (udf_str){s, strlen(s)}; }

int fakehost_points(fakehost* h, const udf_algorithm* a, void* self, int64_t time, size_t count, int whole) {
    static const char* const hosts[] = {"h0", "h1"};
    static const char* const groups[] = {"host=h0", "host=h1"};
    const udf_str dimension = str("host");
    udf_point* points = calloc(count, sizeof *points);
    udf_tag* tags = calloc(count, sizeof *tags);
    udf_field* fields = calloc(3 * count, sizeof *fields);
    for (size_t i = 0; i < count; ++i) {
        const size_t of = whole ? 0 : i % 2;
        tags[i] = (udf_tag){dimension, str(hosts[of])};
        udf_field* f = &fields[3 * i];
        f[0] = (udf_field){str("v"), {.as = {.f = (double)i}, .type = UDF_DOUBLE}};
        f[1] = (udf_field){str("text"), {.as = {.s = "t"}, .size = 1, .type = UDF_STRING}};
        f[2] = (udf_field){str("n"), {.as = {.i = (int64_t)i}, .type = UDF_INT}};
        points[i] = (udf_point){.time = time + (int64_t)i,
                                .fields = f,
                                .tags = &tags[i],
                                .dimensions = &dimension,
                                .field_count = 3,
                                .tag_count = 1,
                                .dimension_count = 1,
                                .by_name = 1,
                                .group = str(groups[of]),
                                .name = str("m"),
                                .origin = &note};
    }
    udf_batch b = {
        .point_count = count, .tags = tags, .tag_count = count ? 1 : 0, .group = str(groups[0]), .name = str("m")};
    h->lent = points, h->lent_count = count;
    int status = UDF_OK;
    if (whole == 2) status = a->begin_batch(self, &b);
    b.tmax = time + (int64_t)count;
    if (whole == 1) {
        b.points = points;
        status = a->batch(self, &b);
    } else if (status == UDF_OK) {
        status = a->points(self, points, count);
    }
    if (whole == 2 && status == UDF_OK) status = a->end_batch(self, &b);
    h->lent = NULL, h->lent_count = 0;
    /* What was lent is gone, and looks like it. */
    memset(points, 0x55, count * sizeof *points);
    memset(fields, 0x55, 3 * count * sizeof *fields);
    free(points);
    free(tags);
    free(fields);
    return status;
}

typedef struct {
    udf_sink sink;
    FILE* to;
} file_sink;

static void write_state(udf_sink* sink, const void* data, size_t size) {
    fwrite(data, 1, size, ((file_sink*)sink)->to);
}

int fakehost_snapshot(const udf_algorithm* a, void* self, char** state, size_t* size) {
    file_sink sink = {{write_state}, open_memstream(state, size)};
    const int status = a->snapshot(self, &sink.sink);
    fclose(sink.to);
    return status;
}

int fakehost_restore(const udf_algorithm* a, void* self, uint32_t version, const char* state, size_t size) {
    return a->restore(self, version, state, size);
}
