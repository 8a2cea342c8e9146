/* SPDX-License-Identifier: MIT */
/*
 * udf_plugin.h - the binary interface between udf-host and an algorithm plugin.
 *
 * A plugin is a shared object that exports one function, udf_plugin_v1(). It returns a static
 * table of algorithms. The host creates one handler per Kapacitor connection, feeds it
 * points, and lets it emit points and batches back. Neither side needs protobuf.
 *
 * Lifecycle of a handler:
 *
 *     create -> [restore] -> { points | batch | snapshot }* -> stop -> destroy
 *
 * Conventions
 *
 *   Strings    udf_str is a pointer and a size: UTF-8, not NUL-terminated, data may be NULL when
 *              size is 0. A const char * in a table is NUL-terminated and static.
 *   Lifetime   Whatever the host passes in is valid until the call returns. Whatever the plugin
 *              passes to the host is copied before the call returns. Nobody frees the other's
 *              memory; there is no shared allocator.
 *   Threads    [handler]  one call at a time per handler, always on the same thread, from create
 *                         to destroy. Different handlers run on different threads, so globals of
 *                         a plugin need locks.
 *              [any]      any thread of the plugin, concurrently, from the start of create until
 *                         destroy returns.
 *   Errors     A function returning int returns 0 for success. A plugin explains a failure with
 *              host->fail() and returns UDF_ERROR. A failure ends the handler: Kapacitor sees the
 *              message, then the stream closes. One in snapshot ends that snapshot only. After a
 *              failure destroy is called, without stop. A callback that was told UDF_CLOSED returns
 *              UDF_CLOSED, which is no failure. C++ exceptions, Rust and Go panics must not
 *              cross this interface.
 *   NULL       Callbacks marked optional, help and version may be NULL. Everything else must be
 *              set, but for arrays of 0 items. What is named reserved must be zero.
 *   Names      of algorithms and options are identifiers ([A-Za-z_][A-Za-z0-9_]*) and no words of
 *              TICKscript (AND, OR, TRUE, FALSE, var, dbrp), which uses them.
 *
 * Compatibility: see the end of this file.
 */
#ifndef UDF_PLUGIN_H
#define UDF_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define UDF_ABI_MINOR 0u /* the newest minor this header knows; the major is in udf_plugin_v1 */

#ifndef UDF_TARGET_MINOR /* define it before including to run on older hosts as well */
#define UDF_TARGET_MINOR UDF_ABI_MINOR
#endif

#define UDF_EXPORT __attribute__((visibility("default")))
#define UDF_PLUGIN_ENTRY "udf_plugin_v1" /* the exported function, for whoever looks it up by name */

enum { UDF_OK = 0, UDF_ERROR = 1, UDF_CLOSED = 2 /* the stream has ended; stop emitting */ };
enum { UDF_OPTION_REQUIRED = 1, UDF_OPTION_REPEATABLE = 2 };
enum { UDF_STREAM = 0, UDF_BATCH = 1 };
enum { UDF_BOOL = 0, UDF_INT = 1, UDF_DOUBLE = 2, UDF_STRING = 3, UDF_DURATION = 4 /* options only, ns */ };
enum { UDF_LOG_DEBUG = 0, UDF_LOG_INFO = 1, UDF_LOG_WARN = 2, UDF_LOG_ERROR = 3 };

/* ---- Data. These structs are frozen: arrays of them cross the boundary. ---- */

typedef struct udf_str {
    const char* data;
    size_t size;
} udf_str;

typedef struct udf_value {
    union {
        double f;      /* UDF_DOUBLE */
        int64_t i;     /* UDF_INT, UDF_DURATION; 0 or 1 for UDF_BOOL */
        const char* s; /* UDF_STRING, `size` bytes */
    } as;
    uint32_t size;
    uint32_t type;
} udf_value;

typedef struct udf_tag {
    udf_str key, value;
} udf_tag;

typedef struct udf_field {
    udf_str name;
    udf_value value;
} udf_field;

/*
 * A point, read or emitted. To emit a changed copy of a point, copy this struct, point `fields`
 * at your own array and pass it on: the rest is shared, not duplicated.
 */
typedef struct udf_point {
    int64_t time; /* ns since the Unix epoch */
    const udf_field* fields;
    const udf_tag* tags;
    const udf_str* dimensions; /* names of the tags the stream is grouped by */
    uint32_t field_count, tag_count, dimension_count;
    uint32_t by_name;                         /* 1 when also grouped by measurement name */
    udf_str group;                            /* opaque id of the group; equal ids, equal group */
    udf_str name, database, retention_policy; /* name of the batch when in a batch; may be empty */

    /* The host's note of where the point came from: copy it along, never read it; NULL in a point
     * you build from nothing. A note kept after the call it came in costs speed, nothing else. */
    const void* origin;
    uint64_t reserved; /* zero */
} udf_point;

typedef struct udf_batch {
    const udf_point* points;
    uint64_t point_count; /* in begin_batch: a hint, 0 when unknown, and points is NULL */
    const udf_tag* tags;
    uint32_t tag_count, by_name;
    int64_t tmax; /* 0 in begin_batch: not known yet */
    udf_str group, name;
    uint64_t reserved[2]; /* zero */
} udf_batch;

/* One option of the TICKscript node, and one use of it: .field('value') */
typedef struct udf_option {
    const char* name;
    const char* help;
    const uint8_t* types; /* UDF_BOOL .. UDF_DURATION, one per argument */
    uint32_t type_count;
    uint32_t flags; /* UDF_OPTION_* */
} udf_option;

typedef struct udf_arg {
    udf_str name;
    const udf_value* values; /* already checked against the declared types and flags */
    uint32_t value_count;
    uint32_t reserved;
} udf_arg;

/* ---- What the host offers. Grows at the end; owned by the host. ---- */

typedef struct udf_host udf_host;
struct udf_host {
    uint32_t struct_size;
    uint32_t abi_minor;
    const char* version;      /* of udf-host, for messages */
    udf_str task_id, node_id; /* of the Kapacitor task this handler serves */
    uint32_t log_level;       /* messages below it are dropped */
    uint32_t reserved;

    /* Sends points downstream, in order. Blocks while the output queue is full. Only for
     * algorithms that provide a stream. Returns UDF_CLOSED once the stream has ended. [any] */
    int (*emit_points)(const udf_host* host, const udf_point* points, size_t count);

    /* Sends one whole batch; never interleaved with other output. Of each point time, group,
     * tags and fields count; the rest is the batch's. [any] */
    int (*emit_batch)(const udf_host* host, const udf_batch* batch);

    /* Reports that the handler has failed and why. The first message wins. Inside a callback,
     * return UDF_ERROR next; from another thread this alone ends the stream. [any] */
    void (*fail)(const udf_host* host, const char* message, size_t size);

    /* Writes one line to the Kapacitor log. [any] */
    void (*log)(const udf_host* host, uint32_t level, const char* message, size_t size);
};

/* Receives a snapshot; call write as often as you like. */
typedef struct udf_sink udf_sink;
struct udf_sink {
    void (*write)(udf_sink* sink, const void* data, size_t size);
};

/* ---- What a plugin provides. Grows at the end; static. ---- */

typedef struct udf_algorithm {
    uint32_t struct_size;   /* sizeof(udf_algorithm) */
    uint32_t state_version; /* of the snapshot format; given back to restore */
    const char* name;       /* "moving_avg", unique in this plugin */
    const char* version;    /* "1.4.2" */
    const char* help;
    uint32_t wants, provides; /* UDF_STREAM or UDF_BATCH */
    const udf_option* options;
    uint32_t option_count;
    uint32_t reserved;

    /* Makes a handler from its options and stores it in *self. `host` stays valid until destroy
     * returns. On failure *self is ignored and destroy is not called. [handler] */
    int (*create)(const udf_host* host, const udf_arg* args, size_t count, void** self);

    /* Frees the handler. The last call it gets. [handler] */
    void (*destroy)(void* self);

    /* Takes points in stream order: those that have arrived, at least one. `count` depends on
     * timing only: the result must not. The array is the host's, to be read: emitting it, or a part
     * of it, as it came costs one copy. Required to want streams; for batches see below. [handler] */
    int (*points)(void* self, const udf_point* points, size_t count);

    /* To want batches set either `batch`, which gets each batch whole, or begin_batch and
     * end_batch, which enclose calls of `points`. [handler] */
    int (*batch)(void* self, const udf_batch* batch);
    int (*begin_batch)(void* self, const udf_batch* batch);
    int (*end_batch)(void* self, const udf_batch* batch);

    /* Writes the state to sink, to be given to restore after a restart. Optional, both or
     * neither. restore is called at most once, before any data. [handler] */
    int (*snapshot)(void* self, udf_sink* sink);
    int (*restore)(void* self, uint32_t state_version, const void* data, size_t size);

    /* The input has ended: emit what is left and join your threads. Optional. [handler] */
    int (*stop)(void* self);
} udf_algorithm;

typedef struct udf_plugin {
    uint32_t struct_size;                   /* sizeof(udf_plugin) */
    uint32_t abi_minor;                     /* UDF_TARGET_MINOR: the oldest host that will do */
    const udf_algorithm* const* algorithms; /* pointers, so that udf_algorithm can grow */
    uint32_t algorithm_count;
    uint32_t reserved;
} udf_plugin;

/* The one symbol a plugin exports. May be called more than once; must not fail. [any] */
UDF_EXPORT const udf_plugin* udf_plugin_v1(void);

/*
 * Compatibility
 *
 *   - Same major: a plugin runs on every host whose minor is at least the plugin's abi_minor.
 *     Rebuilding is never needed.
 *   - Frozen structs never change. Tables (host, algorithm, plugin) only gain members at the end, and a
 *     zero member always means the old behaviour. The host copies the first struct_size bytes of
 *     a plugin's table over zeroes; bytes it does not know must be zero, or it refuses the plugin.
 *   - A member of udf_host added in minor N is declared only if UDF_TARGET_MINOR >= N, so using a
 *     service newer than the target is a compile error.
 *   - A change that cannot be made this way becomes udf_plugin_v2, in another header; hosts may
 *     accept both.
 */

/*
 * The layout on 64-bit machines, member by member. A compiler that lays it out otherwise stops
 * here, and so does an edit that moves a member: released offsets never change.
 */
#if defined(__cplusplus)
#define UDF_CHECK(what) static_assert(what, #what)
#elif __STDC_VERSION__ >= 201112L
#define UDF_CHECK(what) _Static_assert(what, #what)
#endif
#if defined(UDF_CHECK) && UINTPTR_MAX == 0xffffffffffffffffu
#define UDF_CHECK_AT(type, member, offset, bytes) \
    UDF_CHECK(offsetof(type, member) == (offset) && sizeof(((type*)0)->member) == (bytes))

UDF_CHECK(sizeof(udf_str) == 16);
UDF_CHECK_AT(udf_str, data, 0, 8);
UDF_CHECK_AT(udf_str, size, 8, 8);
UDF_CHECK(sizeof(udf_value) == 16);
UDF_CHECK_AT(udf_value, as, 0, 8);
UDF_CHECK_AT(udf_value, size, 8, 4);
UDF_CHECK_AT(udf_value, type, 12, 4);
UDF_CHECK(sizeof(udf_tag) == 32);
UDF_CHECK_AT(udf_tag, key, 0, 16);
UDF_CHECK_AT(udf_tag, value, 16, 16);
UDF_CHECK(sizeof(udf_field) == 32);
UDF_CHECK_AT(udf_field, name, 0, 16);
UDF_CHECK_AT(udf_field, value, 16, 16);
UDF_CHECK(sizeof(udf_point) == 128);
UDF_CHECK_AT(udf_point, time, 0, 8);
UDF_CHECK_AT(udf_point, fields, 8, 8);
UDF_CHECK_AT(udf_point, tags, 16, 8);
UDF_CHECK_AT(udf_point, dimensions, 24, 8);
UDF_CHECK_AT(udf_point, field_count, 32, 4);
UDF_CHECK_AT(udf_point, tag_count, 36, 4);
UDF_CHECK_AT(udf_point, dimension_count, 40, 4);
UDF_CHECK_AT(udf_point, by_name, 44, 4);
UDF_CHECK_AT(udf_point, group, 48, 16);
UDF_CHECK_AT(udf_point, name, 64, 16);
UDF_CHECK_AT(udf_point, database, 80, 16);
UDF_CHECK_AT(udf_point, retention_policy, 96, 16);
UDF_CHECK_AT(udf_point, origin, 112, 8);
UDF_CHECK_AT(udf_point, reserved, 120, 8);
UDF_CHECK(sizeof(udf_batch) == 88);
UDF_CHECK_AT(udf_batch, points, 0, 8);
UDF_CHECK_AT(udf_batch, point_count, 8, 8);
UDF_CHECK_AT(udf_batch, tags, 16, 8);
UDF_CHECK_AT(udf_batch, tag_count, 24, 4);
UDF_CHECK_AT(udf_batch, by_name, 28, 4);
UDF_CHECK_AT(udf_batch, tmax, 32, 8);
UDF_CHECK_AT(udf_batch, group, 40, 16);
UDF_CHECK_AT(udf_batch, name, 56, 16);
UDF_CHECK_AT(udf_batch, reserved, 72, 16);
UDF_CHECK(sizeof(udf_option) == 32);
UDF_CHECK_AT(udf_option, name, 0, 8);
UDF_CHECK_AT(udf_option, help, 8, 8);
UDF_CHECK_AT(udf_option, types, 16, 8);
UDF_CHECK_AT(udf_option, type_count, 24, 4);
UDF_CHECK_AT(udf_option, flags, 28, 4);
UDF_CHECK(sizeof(udf_arg) == 32);
UDF_CHECK_AT(udf_arg, name, 0, 16);
UDF_CHECK_AT(udf_arg, values, 16, 8);
UDF_CHECK_AT(udf_arg, value_count, 24, 4);
UDF_CHECK_AT(udf_arg, reserved, 28, 4);
UDF_CHECK(sizeof(udf_host) == 88);
UDF_CHECK_AT(udf_host, struct_size, 0, 4);
UDF_CHECK_AT(udf_host, abi_minor, 4, 4);
UDF_CHECK_AT(udf_host, version, 8, 8);
UDF_CHECK_AT(udf_host, task_id, 16, 16);
UDF_CHECK_AT(udf_host, node_id, 32, 16);
UDF_CHECK_AT(udf_host, log_level, 48, 4);
UDF_CHECK_AT(udf_host, reserved, 52, 4);
UDF_CHECK_AT(udf_host, emit_points, 56, 8);
UDF_CHECK_AT(udf_host, emit_batch, 64, 8);
UDF_CHECK_AT(udf_host, fail, 72, 8);
UDF_CHECK_AT(udf_host, log, 80, 8);
UDF_CHECK(sizeof(udf_sink) == 8);
UDF_CHECK_AT(udf_sink, write, 0, 8);
UDF_CHECK(sizeof(udf_algorithm) == 128);
UDF_CHECK_AT(udf_algorithm, struct_size, 0, 4);
UDF_CHECK_AT(udf_algorithm, state_version, 4, 4);
UDF_CHECK_AT(udf_algorithm, name, 8, 8);
UDF_CHECK_AT(udf_algorithm, version, 16, 8);
UDF_CHECK_AT(udf_algorithm, help, 24, 8);
UDF_CHECK_AT(udf_algorithm, wants, 32, 4);
UDF_CHECK_AT(udf_algorithm, provides, 36, 4);
UDF_CHECK_AT(udf_algorithm, options, 40, 8);
UDF_CHECK_AT(udf_algorithm, option_count, 48, 4);
UDF_CHECK_AT(udf_algorithm, reserved, 52, 4);
UDF_CHECK_AT(udf_algorithm, create, 56, 8);
UDF_CHECK_AT(udf_algorithm, destroy, 64, 8);
UDF_CHECK_AT(udf_algorithm, points, 72, 8);
UDF_CHECK_AT(udf_algorithm, batch, 80, 8);
UDF_CHECK_AT(udf_algorithm, begin_batch, 88, 8);
UDF_CHECK_AT(udf_algorithm, end_batch, 96, 8);
UDF_CHECK_AT(udf_algorithm, snapshot, 104, 8);
UDF_CHECK_AT(udf_algorithm, restore, 112, 8);
UDF_CHECK_AT(udf_algorithm, stop, 120, 8);
UDF_CHECK(sizeof(udf_plugin) == 24);
UDF_CHECK_AT(udf_plugin, struct_size, 0, 4);
UDF_CHECK_AT(udf_plugin, abi_minor, 4, 4);
UDF_CHECK_AT(udf_plugin, algorithms, 8, 8);
UDF_CHECK_AT(udf_plugin, algorithm_count, 16, 4);
UDF_CHECK_AT(udf_plugin, reserved, 20, 4);

#undef UDF_CHECK_AT
#endif
#ifdef UDF_CHECK
UDF_CHECK(UDF_OK == 0 && UDF_ERROR == 1 && UDF_CLOSED == 2);
UDF_CHECK(UDF_OPTION_REQUIRED == 1 && UDF_OPTION_REPEATABLE == 2);
UDF_CHECK(UDF_STREAM == 0 && UDF_BATCH == 1);
UDF_CHECK(UDF_BOOL == 0 && UDF_INT == 1 && UDF_DOUBLE == 2 && UDF_STRING == 3 && UDF_DURATION == 4);
UDF_CHECK(UDF_LOG_DEBUG == 0 && UDF_LOG_INFO == 1 && UDF_LOG_WARN == 2 && UDF_LOG_ERROR == 3);
#undef UDF_CHECK
#endif

#ifdef __cplusplus
}
#endif
#endif /* UDF_PLUGIN_H */
