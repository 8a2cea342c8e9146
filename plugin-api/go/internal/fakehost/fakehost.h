/* SPDX-License-Identifier: MIT */
#ifndef UDF_GO_FAKEHOST_H
#define UDF_GO_FAKEHOST_H

#include "udf_plugin.h"

/* A host, and what it was told. */
typedef struct fakehost fakehost;
fakehost* fakehost_new(int answer); /* of emit_points and emit_batch */
const udf_host* fakehost_host(const fakehost* host);
char* fakehost_said(fakehost* host); /* all since the last time; to be freed */
void fakehost_free(fakehost* host);

int fakehost_create(const udf_algorithm* a, const udf_host* host, const udf_arg* args, size_t count, void** self);
void fakehost_destroy(const udf_algorithm* a, void* self);
int fakehost_stop(const udf_algorithm* a, void* self);
/* `count` points of two groups from `time` on: m,host=h<i%2> v=<i>,text="t",n=<i>i. As a batch where whole is 1, in
 * the parts of one where it is 2. */
int fakehost_points(fakehost* host, const udf_algorithm* a, void* self, int64_t time, size_t count, int whole);
int fakehost_snapshot(const udf_algorithm* a, void* self, char** state, size_t* size);
int fakehost_restore(const udf_algorithm* a, void* self, uint32_t version, const char* state, size_t size);

#endif
