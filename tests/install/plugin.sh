# SPDX-License-Identifier: MIT
# Sourced: plugins as an author would write them, and what must hold of the results.

# write_plugin FILE: a mirror named outside, with an inline function and a template that must not get out.
write_plugin() {
    cat > "$1" <<'END'
#include <udf_plugin.hpp>

template <class T>
struct Visible {
    __attribute__((noinline)) void emit(udf::Host host, const T& p) { host.emit(p); }
};
struct Outside : Visible<udf::Point> {
    static constexpr udf::Info info{.name = "outside", .wants = UDF_STREAM, .provides = UDF_STREAM};
    udf::Host host;
    Outside(udf::Host h, const udf::Args&) : host(h) {}
    void point(const udf::Point& p) { emit(host, p); }
};
UDF_PLUGIN(Outside)
END
}

# write_c_plugin FILE: the same in C, named outside_c, with a function that is not static.
write_c_plugin() {
    cat > "$1" <<'END'
#include <udf_plugin.h>

int create(const udf_host *host, const udf_arg *args, size_t count, void **self) {
    (void)args, (void)count;
    *self = (void *)host;
    return UDF_OK;
}
void destroy(void *self) { (void)self; }
int points(void *self, const udf_point *run, size_t count) {
    const udf_host *host = self;
    return host->emit_points(host, run, count);
}
static const udf_algorithm algorithm = {
    .struct_size = sizeof algorithm, .name = "outside_c", .version = "1.0.0", .help = "",
    .create = create, .destroy = destroy, .points = points,
};
static const udf_algorithm *const algorithms[] = {&algorithm};
static const udf_plugin plugin = {sizeof plugin, UDF_TARGET_MINOR, algorithms, 1, 0};
const udf_plugin *udf_plugin_v1(void) { return &plugin; }
END
}

# check_plugin FILE NAME: exports the entry and nothing else, is described, and mirrors a point.
check_plugin() {
    symbols=$("$NM" -D --defined-only "$1" | awk '{print $NF}')
    if [ "$symbols" != udf_plugin_v1 ]; then
        echo "$1 exports: $symbols" >&2
        exit 1
    fi
    udf-host info "./$1" | grep -w "$2"
    line='cpu,host=a usage=50 1000'
    out=$(echo "$line" | udf-host run --plugin "./$1")
    if [ "$out" != "$line" ]; then
        echo "$1 made of '$line': $out" >&2
        exit 1
    fi
}
